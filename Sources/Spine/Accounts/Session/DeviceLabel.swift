/// A device in a few words, from the header User-Agent; nothing of the header itself is kept.
package enum DeviceLabel {
    /// The first that fits counts: most browsers also name those that they descend from.
    private static let programs = [
        ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("AlipayClient", "Alipay"), ("Edg", "Edge"),
        ("HuaweiBrowser", "Huawei Browser"), ("QQBrowser", "QQ Browser"), ("OPR", "Opera"), ("Firefox", "Firefox"),
        ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
    ]
    private static let systems = [
        ("OpenHarmony", "HarmonyOS"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"),
        ("iPad", "iPad"), ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"),
    ]

    package static func label(_ userAgent: String) -> String {
        let header = String(decoding: userAgent.utf8.prefix(512), as: UTF8.self)
        let found = [programs, systems].compactMap { names in names.first { header.contains($0.0) }?.1 }
        return found.joined(separator: " · ")
    }
}
