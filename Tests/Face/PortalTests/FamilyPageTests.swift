import AuditLog
import Foundation
import HTTPTypes
import JSON
import Persons
import Records
import Testing

@Suite("Mandates of adults", .serialized)
struct FamilyPageTests {
    private static let number = "330102199011180014"
    private static let childsNumber = "330106202005010011"

    /// Grandma lets Li Lei see her record.
    private func give(_ visitor: TestBrowser, _ changes: [String: String] = [:]) async throws -> TestBrowser.Shown {
        try await visitor.open("/my/family/new")
        let fields = ["name": "李雷", "number": Self.number, "days": "30", "kind": "diagnoses"]
        return try await visitor.post("/my/family/new", fields.merging(changes) { $1 })
    }

    private func withNumber(_ house: TestHouse) async throws {
        let patient = Sample.patient("p2", name: "李雷", born: "1990-11-18", division: 330_102)
        try await house.store.put(patient.replacing("33010619540309002X", with: Self.number))
        let child = Sample.patient("p3", name: "王小宝", born: "2020-05-01")
        try await house.store.put(child.replacing("33010619540309002X", with: Self.childsNumber))
        await house.store.settle()
    }

    @Test("a resident lets another adult see a part of the record, and ends it")
    func mandate() async throws {
        try await withHouse { house, browser in
            try await withNumber(house)
            let (grandma, lilei) = (browser(), browser())
            try await lilei.signIn("lilei")
            #expect(try await lilei.open("/residents/p1").status == .notFound)
            try await grandma.signIn("grandma")
            #expect(try await grandma.open("/my/family").text.contains("现在没有别的成年人可以看您的档案"))
            let given = try await give(grandma, ["name": " 李 雷 ", "number": "330102 19901118 0014"])
            for text in ["委托成功", "您让 1 个人看您的档案", "李雷", "诊断", "2026年12月21日"] {
                #expect(given.text.contains(text), "\(text)")
            }
            let family = try await lilei.open("/my/family")
            #expect(family.text.contains("/residents/p1") && family.text.contains("委托您查看，到 2026年12月21日"))
            let record = try await lilei.open("/residents/p1")
            #expect(record.status == .ok && record.text.contains("原发性高血压"))
            // What was not given stays away.
            #expect(!record.text.contains("社区卫生服务中心 o1"))
            _ = try house.log()
            #expect(try await grandma.open("/my/accesses").text.contains("家人或受委托的人"))

            try await grandma.open("/my/family")
            #expect(try await grandma.post("/my/family/end").text.contains("委托已结束"))
            #expect(try await lilei.open("/residents/p1").status == .notFound)
            #expect(try await lilei.open("/my/family").text.contains("委托您查看") == false)
        }
    }

    @Test(
        "an unknown name, another's number, a child and oneself are refused with the same words",
        arguments: [
            ["name": "李某"], ["number": "330102199011180030"], ["number": "x"],
            ["name": "王秀英", "number": "33010619540309002X"],
            ["name": "王小宝", "number": "330106202005010011"],
        ])
    func nobody(changes: [String: String]) async throws {
        try await withHouse { house, browser in
            try await withNumber(house)
            let visitor = browser()
            try await visitor.signIn("grandma")
            let page = try await give(visitor, changes)
            #expect(page.status == .unprocessableContent)
            #expect(page.text.contains("没有找到这位成年居民"))
            #expect(page.text.contains("value=\"\(changes["name"] ?? "李雷")\""))
            #expect(try house.store.search(type: "Consent", parameters: []).entries.isEmpty)
            #expect(try house.log().contains { $0.reason == "delegate-not-found" })
        }
    }

    @Test("what is missing is named at the top and beside its field")
    func incomplete() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            let page = try await give(visitor, ["name": "", "number": "", "kind": ""])
            for text in ["请填写对方的姓名", "请填写对方的身份证号", "请至少选一项", "href=\"#kinds\""] {
                #expect(page.text.contains(text), "\(text)")
            }
        }
    }

    @Test("a mandate that is given while two Patients are wrongly one goes with its giver when they are parted")
    func mandateInMerge() async throws {
        try await withHouse(hasIdentity: true) { house, browser in
            try await withNumber(house)
            try await house.store.put(
                #"{"resourceType":"Patient","id":"p9","name":[{"text":"周芳"}],"gender":"female","birthDate":"1954-03-09"}"#
            )
            let persons = try Persons(house.store)
            let (grandma, lilei) = (browser(), browser())
            try await grandma.signIn("grandma")
            try await lilei.signIn("lilei")
            _ = try await persons.merge(
                MergeRequest(source: "p1", target: "p9", author: "reviewer", reason: "wrong", isReviewed: true))
            #expect(try await give(grandma).text.contains("委托成功"))
            #expect(try await grandma.open("/my/family").text.contains("您让 1 个人看您的档案"))
            #expect(try await lilei.open("/residents/p9").status == .ok)
            _ = try await persons.unmerge("p1", author: "reviewer")
            #expect(try await lilei.open("/residents/p9").status == .notFound)
            #expect(try await lilei.open("/residents/p1").status == .ok)
            #expect(try await grandma.open("/my/family").text.contains("您让 1 个人看您的档案"))
            try await grandma.post("/my/family/end")
            #expect(try await lilei.open("/residents/p1").status == .notFound)
        }
    }

    @Test("nobody ends the mandate of another, and staff have no such page")
    func others() async throws {
        try await withHouse { house, browser in
            try await withNumber(house)
            let (grandma, lilei, doctor) = (browser(), browser(), browser())
            try await grandma.signIn("grandma")
            let page = try await give(grandma)
            let id = try #require(page.text.firstMatch(of: /name="mandate" value="([^"]+)"/)).output.1
            try await lilei.signIn("lilei")
            let form = try #require(
                try await lilei.open("/account").text.firstMatch(of: /name="form" value="([^"]+)"/)
            ).output.1
            let ended = try await lilei.post("/my/family/end", ["mandate": String(id), "form": String(form)])
            #expect(ended.status == .notFound)
            #expect(try await grandma.open("/my/family").text.contains("您让 1 个人看您的档案"))
            try await doctor.signIn("doctor")
            #expect(try await doctor.open("/my/family").status == .forbidden)
        }
    }

    @Test("a parent finds the records of young children")
    func children() async throws {
        try await withHouse { _, browser in
            let visitor = browser()
            try await visitor.signIn("grandma")
            let page = try await visitor.open("/my/family")
            for text in ["王小宝", "您的孩子", "6 岁", "/residents/p3", "/my/accesses?person=p3"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("李雷"))
        }
    }
}
