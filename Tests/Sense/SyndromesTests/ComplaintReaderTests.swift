import Syndromes
import Testing

@Suite("Chief complaints")
struct ComplaintReaderTests {
    static let list = Result { try WatchList() }

    @Test(
        "tell what the patient has and leave out what was denied",
        arguments: [
            ("发热3天，咳嗽1天", ["cough", "fever"]),
            ("发热伴咽痛2天", ["fever", "sore-throat"]),
            ("咳嗽3天，无发热", ["cough"]),
            ("无发热、咳嗽、腹泻", []),
            ("否认发热、咳嗽，有腹泻", ["diarrhoea"]),
            ("否认发热咳嗽", []),
            ("无明显诱因出现发热", ["fever"]),
            ("不明原因发热1周", ["fever"]),
            ("四肢无力，发热", ["fever"]),
            ("发热不退3天", ["fever"]),
            ("发热（-），咳嗽（+）", ["cough"]),
            ("发热：无，腹泻3次", ["diarrhoea"]),
            ("咳嗽 无发热 腹泻", ["cough", "diarrhoea"]),
            ("不伴发热，呕吐2次", ["vomiting"]),
            ("没发烧，拉肚子5次", ["diarrhoea"]),
            ("没有发热但咳嗽明显", ["cough"]),
            ("未见皮疹；发热39℃", ["fever"]),
            ("不能排除流感", ["influenza"]),
            ("要求接种流感疫苗", []),
            ("无不适，体检", []),
            ("进食不洁食物后腹泻、呕吐", ["diarrhoea", "vomiting"]),
            ("fever and cough x 3 days", ["cough", "fever"]),
            ("denies fever, cough or rash", []),
            ("denies fever, cough. Has diarrhea", ["diarrhoea"]),
            ("cough, no fever", ["cough"]),
            ("no fever, chills, or cough", []),
            ("no fever, cough x3 days", ["cough"]),
            ("no fever but sore throat", ["sore-throat"]),
            ("without fever, vomiting twice", ["vomiting"]),
            ("Fever not responding to paracetamol", ["fever"]),
            ("cough with no relief", ["cough"]),
            ("fluid intake low", []),
            ("flu shot", []),
            ("SOB, febrile to 39.5 C", ["dyspnoea", "fever"]),
            ("fever: no, cough: yes", ["cough"]),
            ("", []),
        ])
    func findings(text: String, expected: [String]) throws {
        #expect(try Self.list.get().reader.findings(in: text).sorted() == expected)
    }

    @Test("are read the same however often a negated clause stands before them", arguments: 0..<20)
    func repeated(count: Int) throws {
        let text = String(repeating: "无咳嗽，", count: count) + "发热"
        #expect(try Self.list.get().reader.findings(in: text) == ["fever"])
    }
}
