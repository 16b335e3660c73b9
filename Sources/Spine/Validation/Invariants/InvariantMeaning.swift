/// What an invariant asks, in words for the person who has to mend the resource. The words are the house's own; the rule is
/// the expression in the table.
enum InvariantMeaning {
    /// - Parameters:
    ///   - key: such as `obs-6`.
    ///   - path: the element that the rule is stated on; tells apart rules that share a key.
    static func of(_ key: String, _ path: String = "") -> String? {
        table["\(key)@\(path)"] ?? table[key] ?? (key.hasSuffix("-0") ? name : nil)
    }

    private static let name =
        "name should begin with a capital letter and hold only letters, digits and underscores, for code generators to use"

    private static let table: [String: String] = {
        var table: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: "|", maxSplits: 1)
            if parts.count == 2 { table[String(parts[0])] = String(parts[1]) }
        }
        return table
    }()

    private static let lines = """
        age-1|an age has a value above zero and a UCUM code
        att-1|an attachment with data says its contentType
        cpt-2|a contact with a value says its system (phone, email, …)
        cnt-3|a count is a whole number with the UCUM code 1
        drq-1|a code filter has either path or searchParam
        drq-2|a date filter has either path or searchParam
        dis-1|a distance has a UCUM code
        drt-1|a duration has a value and a UCUM code
        ele-1|an element must have a value or children, not an id alone
        eld-2|min is not above max
        eld-3|max is a number or *
        eld-4|aggregation stands on types Reference and canonical alone
        eld-5|an element with contentReference has no type, value, length or binding of its own
        eld-6|a fixed value needs a single type
        eld-7|a pattern needs a single type
        eld-8|an element has a fixed value or a pattern, not both
        eld-11|a binding needs a type with codes: code, Coding, CodeableConcept, Quantity, string or uri
        eld-12|the value set of a binding is an http:, https: or urn: URL
        eld-13|types are different from each other
        eld-14|constraints have different keys
        eld-15|an element has a default value or a meaning when missing, not both
        eld-16|sliceName holds only letters, digits and / - _ [ ] @
        eld-17|targetProfile stands on types Reference and canonical alone
        eld-18|a modifier element says why it is one (isModifierReason)
        eld-19|names in a path have no spaces or special characters and at most 64 characters
        eld-20|names in a path should be letters and digits alone
        eld-21|a constraint should have an expression
        eld-22|sliceIsConstraining stands beside sliceName alone
        eld-1|slicing says its discriminator or describes it
        exp-1|an expression has the expression or a reference to it
        ext-1|an extension has either a value or extensions, one of them and not both
        txt-1|the narrative must be well-formed XHTML with basic formatting alone
        txt-2|the narrative must have some text
        per-1|a period must not end before it starts
        qty-3|a quantity with a code says the code's system
        rng-2|low is not above high
        rat-1|a ratio has both numerator and denominator, or neither and an extension
        ref-1|a reference #id must lead to a contained resource
        tim-1|a duration says its unit
        tim-2|a period says its unit
        tim-4|the duration is not negative
        tim-5|the period is not negative
        tim-6|periodMax stands beside period alone
        tim-7|durationMax stands beside duration alone
        tim-8|countMax stands beside count alone
        tim-9|an offset needs when, and not C, CM, CD or CV
        tim-10|timeOfDay or when, not both
        trd-1|a trigger has data or timing, not both
        trd-2|a trigger with a condition has data
        trd-3|a trigger has what its type asks for: name, timing or data
        ait-1|an allergy that was not entered in error has a clinicalStatus
        ait-2|an allergy that was entered in error has no clinicalStatus
        app-1|a participant has a type or an actor
        app-2|start and end stand together
        app-3|only appointments that are proposed, cancelled or waiting may lack start and end
        app-4|only a cancelled or missed appointment has a cancelationReason
        apr-1|a response has participantType or actor
        sev-1|an entity has a name or a query, not both
        bdl-1|only a search set or a history has a total
        bdl-2|only entries of a search set have search
        bdl-3|entries have a request in a batch, a transaction or a history, and only there
        bdl-4|entries have a response in the response to a batch or transaction, or in a history, and only there
        bdl-5|an entry has a resource, a request or a response
        bdl-7|each fullUrl stands once in a bundle, or with different versions (meta.versionId)
        bdl-8|a fullUrl names no version
        bdl-9|a document has an identifier with system and value
        bdl-10|a document has a timestamp
        bdl-11|the first resource of a document is a Composition
        bdl-12|the first resource of a message is a MessageHeader
        cpb-1|a capability statement has rest, messaging or document
        cpb-2|a capability statement has description, software or implementation
        cpb-3|only a statement of kind instance has messaging endpoints
        cpb-7|each pair of document profile and mode stands once
        cpb-9|each resource type stands once
        cpb-12|each search parameter stands once
        cpb-14|a statement of kind instance has an implementation
        cpb-15|a statement of kind capability has software and no implementation
        cpb-16|a statement of kind requirements has neither software nor implementation
        cpl-3|an activity has a detail or a reference, not both
        ctm-1|onBehalfOf stands beside a member who is a Practitioner
        csd-1|each code stands once in a code system
        cmp-1|a section has text, entries or sections
        cmp-2|only an empty section says its emptyReason
        cmd-1|a target that is narrower or inexact has a comment
        cmd-2|unmapped with mode fixed has a code
        cmd-3|unmapped with mode other-map has a url
        con-1|a stage has a summary or an assessment
        con-2|evidence has a code or a detail
        con-3|a problem should have a clinicalStatus unless it was entered in error
        con-4|a condition with an abatement has the clinicalStatus inactive, resolved or remission
        con-5|a condition that was entered in error has no clinicalStatus
        ppc-1|a consent has a policy or a policyRule
        ppc-2|a privacy consent names its patient
        ppc-3|a research consent names its patient
        ppc-4|an advance directive names its patient
        ppc-5|a treatment consent names its patient
        ces-1|an item has a category or a productOrService, one of them
        dom-2|a contained resource must not contain others
        dom-3|a contained resource must be referred to, or refer to its container
        dom-4|a contained resource must not have meta.versionId or meta.lastUpdated
        dom-5|a contained resource must not have security labels
        dom-6|a resource should have a narrative
        fhs-1|age or born, not both
        fhs-2|estimatedAge stands beside age alone
        gol-1|a target with a detail has a measure
        grp-1|only a group of actual members lists them
        imm-1|education has a documentType or a reference
        imr-1|a recommendation has a vaccineCode or a targetDisease
        ig-1|groupingId names one of the groupings
        ig-2|a resource's fhirVersion is one of the guide's
        ipn-1|an insurance plan has an identifier or a name
        lnk-1|a linkage has two items or more
        lst-1|only an empty list says its emptyReason
        lst-2|only a list of changes has deleted entries
        lst-3|only a working list has dates on its entries
        mea-1|a stratifier has code, description or criteria, or else components
        mrp-1|a data collection has no groups
        mrp-2|a stratum has a value or else components
        mad-1|a dosage has a dose or a rate
        mdd-1|a medicine is handed over after it was prepared
        md-1|max is * or above zero
        msq-3|coordinateSystem is 0 or 1
        msq-5|chromosome and genomeBuild stand together
        msq-6|one of genomeBuild, referenceSeqId, referenceSeqPointer and referenceSeqString
        nsd-1|a root has no identifier of type uuid
        nsd-2|one identifier of each type is preferred
        nor-1|a nutrition order should have oralDiet, supplement or enteralFormula
        obs-3|a reference range has low, high or text
        obs-6|an observation with a value has no dataAbsentReason
        obs-7|an observation with a value has no component with the same code
        opd-1|a parameter has a type or parts
        opd-2|searchType stands on parameters of type string alone
        opd-3|targetProfile stands on parameters of type Reference or canonical alone
        org-1|an organization has an identifier or a name
        org-2|an organization's address is not for home use
        org-3|an organization's telecom is not for home use
        inv-1@Parameters.parameter|a parameter has a value, a resource or parts, one of them
        inv-1@Task|a task is modified after it was authored
        inv-1@TestReport.setup.action|an action has an operation or an assert, one of them
        inv-2|an action has an operation or an assert, one of them
        pat-1|a contact has a name, telecom, address or organization
        que-1|a group has items, a display has none
        que-2|each linkId stands once in a questionnaire
        que-3|a display has no code
        que-4|answerOption or answerValueSet, not both
        que-5|only questions with a choice of answers have answerOption or answerValueSet
        que-6|a display is neither required nor repeated
        que-7|enableWhen with operator exists has a boolean answer
        que-8|a group or display has no initial value
        que-9|a display is not readOnly
        que-10|maxLength stands on questions with a simple answer alone
        que-11|initial or answerOption, not both
        que-12|several enableWhen need an enableBehavior
        que-13|only a repeating question has several initial values
        qrs-1|an item has answers or items, not both
        rqg-1|an action has a resource or actions, one of them
        ras-1|a probability range is in percent
        ras-2|a probability is at most 100
        spd-1|xpath needs xpathUsage
        spd-2|only a reference parameter has chain
        prr-1|orderDetail needs a code
        sdf-1|the paths of a snapshot are different from each other, except in a constraint
        sdf-2|a mapping has a name or a uri
        sdf-3|every element of a snapshot has definition, min and max
        sdf-4|a concrete type has a baseDefinition
        sdf-5|an extension says its context
        sdf-6|a definition has a snapshot or a differential
        sdf-8|all paths of a snapshot begin with the type
        sdf-8a|all paths of a differential begin with the type
        sdf-8b|every element of a snapshot has its base
        sdf-9|the root element has no label, code or requirements
        sdf-10|a binding has a value set or a description
        sdf-11|the first path of a snapshot is the type
        sdf-14|every element has an id
        sdf-15|the root element of a snapshot has no type
        sdf-15a|the root element of a differential has no type
        sdf-16|the ids of a snapshot are different from each other
        sdf-17|the ids of a differential are different from each other
        sdf-18|contextInvariant stands in definitions of extensions alone
        sdf-19|types in HL7's definitions are names or FHIRPath system types
        sdf-20|the root element is not sliced
        sdf-21|default values stand in specializations alone
        sdf-22|HL7's definitions have no default values
        sdf-23|the root element has no sliceName
        smp-1|a target with an element has a context
        smp-2|a target with a context has a contextType
        tcp-1|several versions of a code system need codes
        tcp-2|a statement has description, software or implementation
        tcp-3|a statement of kind instance has an implementation
        tcp-4|a statement of kind capability has software and no implementation
        tcp-5|a statement of kind requirements has neither software nor implementation
        tst-1|an action has an operation or an assert, one of them
        tst-2|an action has an operation or an assert, one of them
        tst-3|a variable has one of expression, headerField and path
        tst-4|a capability is required or validated
        tst-5|an assertion checks one thing
        tst-6|an assertion checks one thing
        tst-7|an operation has a sourceId, or one of targetId, url and params
        tst-8|an operation has a sourceId, or one of targetId, url and params
        tst-9|an operation has a sourceId, or one of targetId, url and params
        tst-10|compareToSourceId needs compareToSourceExpression or compareToSourcePath
        tst-11|compareToSourceId needs compareToSourceExpression or compareToSourcePath
        tst-12|response and responseCode stand in assertions on responses alone
        tst-13|response and responseCode stand in assertions on responses alone
        vsd-1|include names a system or value sets
        vsd-2|concepts and filters need a system
        vsd-3|concepts or filters, not both
        vsd-6|contains has a code or a display
        vsd-9|contains has a code unless it is abstract
        vsd-10|contains with a code has its system
        """
}
