/// What becomes of the tables of CHS-DRG 1.1 as the open project gives them, told by their columns.
///
/// The tables themselves do not belong to the house; they are read where they lie.
public enum DRGRecipes {
    private static let base = "https://healthbrain.dev/fhir"

    /// The code systems that a table holds; none when it is not one of CHS-DRG.
    public static func recipes(for table: CSVTable) -> [TableRecipe] {
        switch table.header {
        case ["code", "type", "name", "adrg", "cc", "exclusion_table"]:
            let values = Set(table.rows.map { $0.fields[1] })
            return values.sorted().map { value in
                value == "proc"
                    ? codes("icd-9-cm-3-insurance", "医保版手术操作分类与代码（CHS-DRG 1.1）", type: value)
                    : codes("icd-10-insurance", "医保版疾病诊断分类与代码（CHS-DRG 1.1）", type: value)
            }
        case ["adrg", "mdc", "kind", "name", "entry_blocks", "rule_note"]:
            var recipe = TableRecipe(system("chs-drg-adrg", "CHS-DRG核心疾病诊断相关组"), code: "adrg", display: "name")
            recipe.properties = [("mdc", "mdc"), ("kind", "kind")]
            return [recipe]
        case ["drg", "adrg", "suffix", "name", "relative_weight"]:
            var recipe = TableRecipe(system("drg-harbin", "疾病诊断相关组（哈尔滨2024）", "2024"), code: "drg", display: "name")
            recipe.properties = [("adrg", "adrg"), ("relativeWeight", "relative_weight")]
            return [recipe]
        default: return []
        }
    }

    private static func codes(_ name: String, _ title: String, type: String) -> TableRecipe {
        var recipe = TableRecipe(system(name, title), code: "code", display: "name")
        recipe.properties = [("adrg", "adrg"), ("cc", "cc"), ("exclusionTable", "exclusion_table")]
        recipe.listColumns = ["adrg"]
        recipe.condition = ("type", type)
        recipe.derivesCategories = true
        return recipe
    }

    private static func system(_ name: String, _ title: String, _ version: String = "1.1") -> CodeSystemBuilder {
        var system = CodeSystemBuilder(url: "\(base)/CodeSystem/\(name)")
        system.name = name
        system.title = title
        system.version = version
        system.valueSet = "\(base)/ValueSet/\(name)"
        system.language = "zh-CN"
        return system
    }
}
