import ArgumentParser
import Doors
import Edge
import Logging

/// Whether and how a server takes HL7 v2 messages by MLLP, as an operator says it.
struct MLLPChoice: ParsableArguments {
    @Option(
        name: .customLong("mllp"),
        help: ArgumentHelp(
            "Take HL7 v2 messages by MLLP in the clear; may be given several times.", valueName: "host:port"))
    var plain: [String] = []

    @Option(
        name: .customLong("mllp-tls"),
        help: ArgumentHelp("Take HL7 v2 messages by MLLP over TLS; may be given several times.", valueName: "host:port")
    )
    var secure: [String] = []

    @Option(
        name: .customLong("mllp-certificate"),
        help: ArgumentHelp(
            "The file of the certificate in PEM for --mllp-tls; else that of --tls-certificate. Read again at SIGHUP.",
            valueName: "file"))
    var certificate: String?

    @Option(
        name: .customLong("mllp-key"),
        help: ArgumentHelp("The file of its private key in PEM, mode 0600.", valueName: "file"))
    var key: String?

    @Option(
        name: .customLong("mllp-client-authority"),
        help: ArgumentHelp(
            "A file of certificates in PEM; whoever calls by --mllp-tls must show one that they signed.",
            valueName: "file"))
    var clientAuthority: String?

    @Option(
        name: .customLong("mllp-from"),
        help: ArgumentHelp(
            "The addresses or ranges that may call, with commas between; this machine may always. Without it everybody "
                + "may who reaches the door, which then listens on this machine, or asks for certificates.",
            valueName: "addresses"))
    var from: String?

    @Option(
        name: .customLong("mllp-sender"),
        help: ArgumentHelp(
            "Whose messages a caller brings: NAME=ADDRESS, NAME=RANGE or NAME=sha256:FINGERPRINT of its certificate; "
                + "may be given several times. Messages whose MSH-4 says otherwise are refused.",
            valueName: "sender"))
    var senders: [String] = []

    /// Whether there is a door at all.
    var isWanted: Bool { !plain.isEmpty || !secure.isEmpty }

    /// The listeners, and who may call them.
    /// - Parameter network: whose certificate is taken where none is named for MLLP.
    /// - Throws: ``Misuse`` saying what is missing or wrong.
    func listeners(_ network: NetworkChoice) throws -> ([MLLPListener], MLLPCallers) {
        guard (certificate == nil) == (key == nil) else {
            throw Misuse("--mllp-certificate and --mllp-key belong together: give both files.")
        }
        guard isWanted || (certificate == nil && clientAuthority == nil && from == nil && senders.isEmpty) else {
            throw Misuse("Give --mllp or --mllp-tls: where the MLLP door is to listen.")
        }
        do {
            let callers = MLLPCallers(
                from: try from.map { try $0.split(separator: ",").map { try AddressRange(String($0)) } },
                named: try senders.map { try MLLPCallers.Named($0) })
            var listeners = try plain.map { try MLLPListener($0, callers) }
            if !secure.isEmpty {
                guard let certificate = certificate ?? network.tlsCertificate, let key = key ?? network.tlsKey else {
                    throw Misuse("--mllp-tls needs --mllp-certificate and --mllp-key.")
                }
                let files = TLSFiles(certificate: certificate, key: key)
                listeners += try secure.map {
                    try MLLPListener($0, files, clientAuthority: clientAuthority, callers)
                }
            } else if clientAuthority != nil {
                throw Misuse("--mllp-client-authority is for --mllp-tls.")
            }
            return (listeners, callers)
        } catch let misuse as Misuse {
            throw misuse
        } catch {
            throw Misuse("\(error)")
        }
    }
}
