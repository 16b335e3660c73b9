public import JSON
public import Records
public import SQL

extension Persons {
    /// Of some Patients those whose person was put together from several, each with the Patient that stands for it.
    public func together(_ patients: some Collection<String>, _ db: SQLConnection) throws -> [String: String] {
        try Redirects.standing(patients, db)
    }

    /// What is to stand at a survivor once these are the last words on its Patients.
    ///
    /// - Returns: the Patient, and the words that must be kept with it (``keep(_:_:)``).
    public func golden(
        at survivor: String, saying words: [PersonWord], _ desk: WriteDesk
    ) throws -> (document: JSONDocument, words: [PersonWord]) {
        let key = Self.key(survivor)
        let standing = try desk.current(key)
        var all = try self.words(on: survivor, standing, desk.database)
        for word in words {
            all.removeAll { $0.patient == word.patient }
            all.append(word)
        }
        let golden = try GoldenPatient.fold(all, id: survivor, standing: standing, options)
        return (golden, all.filter(\.isNew))
    }

    /// What was last said of a Patient that was put together with others.
    public func word(on patient: String, _ desk: WriteDesk) throws -> JSONDocument? {
        try PersonWord.of(patient, desk.database)?.document
    }

    /// Whether somebody has put security labels on a Patient.
    public static func isLabelled(_ standing: Version) throws -> Bool {
        let labels = try JSONDocument(parsing: standing.json()).root["meta"]?["security"]
        return labels.map { $0.count > 0 } ?? false
    }

    /// What a source says of a Patient with the security labels that stand on it; nil where it has all of them. What is held
    /// back stays so whatever a source says later, until somebody takes the label off.
    public static func keepingLabels(of standing: Version, on said: JSONDocument) throws -> JSONDocument? {
        let now = try standing.plainDocument()
        guard let meta = try GoldenPatient.meta(said, labelled: [now, said]) else { return nil }
        let all = try JSONDocument(parsing: meta).root["security"]?.count ?? 0
        guard all > said.root["meta"]?["security"]?.count ?? 0 else { return nil }
        var edits = JSONEdits()
        edits.setMember("meta", of: said.root, to: meta)
        return try JSONDocument(parsing: edits.applied(to: said))
    }

    /// Writes words down, beside what is written.
    public func keep(_ words: [PersonWord], _ db: SQLConnection) throws {
        for word in words {
            try word.keep(db, at: store.now, in: matcher)
            try PersonTables.await(word.patient, since: store.now, db)
        }
    }

    /// The words on a person's Patients. What somebody has written to the survivor by another door is its word from now on.
    func words(on survivor: String, _ standing: Version?, _ db: SQLConnection) throws -> [PersonWord] {
        var words = try PersonWord.all(of: survivor, db)
        guard let standing else { return words }
        if !words.isEmpty {
            let golden = try GoldenPatient.fold(words, id: survivor, standing: standing, options)
            if try golden.text == standing.plainText() { return words }
        }
        words.removeAll { $0.patient == survivor }
        let at = try words.isEmpty ? options.saidAt(survivor, db) : nil
        words.append(
            PersonWord(patient: survivor, at: at ?? standing.lastUpdated, document: try standing.plainDocument()))
        return words
    }
}

extension Version {
    /// The resource without its version.
    func plainDocument() throws -> JSONDocument { try JSONDocument(parsing: plainText()) }

    /// The resource's text as it would be written again: without `meta.versionId` and `meta.lastUpdated`.
    func plainText() throws -> [UInt8] {
        let document = try JSONDocument(parsing: json())
        guard let meta = document.root["meta"] else { return document.text }
        var edits = JSONEdits()
        let members = ["versionId", "lastUpdated"]
        if meta.members.allSatisfy({ member in members.contains { member.key.equals($0) } }) {
            edits.removeMember("meta", of: document.root)
        } else {
            for member in members { edits.removeMember(member, of: meta) }
        }
        return edits.applied(to: document)
    }
}
