import Hummingbird
import Logging

extension SignIn {
    /// Answers a program: what is thrown becomes OAuth's words; what is not the client's to know goes to the log.
    func answering(
        _ context: BasicRequestContext, usedBasic: Bool = false, _ body: () async throws -> Response
    ) async -> Response {
        do { return try await body() } catch {
            if !(error is OAuthError) { log(error, context) }
            let refusal = OAuthError(error)
            return (try? Answer.refusal(refusal, usedBasic: usedBasic)) ?? Response(status: .internalServerError)
        }
    }

    /// Answers a person: what is thrown becomes a page.
    func showing(
        _ request: Request, _ context: BasicRequestContext, _ body: () async throws -> Response
    ) async -> Response {
        do { return try await body() } catch {
            if !(error is OAuthError) { log(error, context) }
            let refusal = OAuthError(error)
            let view = FaultView(
                reason: refusal.description, isChinese: isChinese(request), cookies: request.headers[.cookie])
            return Answer.page(
                pages.fault(view), status: refusal.status == .unauthorized ? .badRequest : refusal.status)
        }
    }

    /// No token, name or address of a person is in these errors.
    private func log(_ error: any Error, _ context: BasicRequestContext) {
        let cause = (error as? SignInFailure)?.message ?? "\(type(of: error))"
        context.logger.error("sign-in failed", metadata: ["error": "\(cause)", "request": "\(context.id)"])
    }

    /// The language of somebody who has not signed in: as chosen, else Chinese unless the browser asks for another one
    /// first.
    func isChinese(_ request: Request) -> Bool {
        if let chosen = options.readsChinese(request) { return chosen }
        guard let first = request.headers[.acceptLanguage]?.split(separator: ",").first else { return true }
        return first.lowercased().hasPrefix("zh") || first.hasPrefix("*")
    }
}
