"""HL7 v2 messages of stays and results, made by number: four of a patient, who is admitted, changed, discharged and has a
result. Names, birth dates and addresses vary as a city's do."""

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉梅红建国文辉云莉海燕波宁鑫欣宇浩然雨晨子轩梓涵诗琪佳怡思远俊峰晓东志强春生秋月冬雪"
ROADS = ["文三路", "文一西路", "莫干山路", "体育场路", "庆春路", "秋涛路", "江南大道", "天目山路", "中河中路", "绍兴路"]


def mixed(number, salt):
    """A number that looks drawn by chance, the same each time (SplitMix64)."""
    value = (number * 0x9E3779B97F4A7C15 + salt * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & (2**64 - 1)
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & (2**64 - 1)
    value = (value ^ value >> 27) * 0x94D049BB133111EB & (2**64 - 1)
    return value ^ value >> 31


def person(patient):
    """The PID segment."""
    draw = mixed(patient, 1)
    family, given = SURNAMES[draw % len(SURNAMES)], GIVEN[draw // 100 % len(GIVEN)]
    if draw // 10_000 % 10 < 8:
        given += GIVEN[draw // 100_000 % len(GIVEN)]
    draw = mixed(patient, 2)
    birth = f"{1930 + draw % 95}{1 + draw // 100 % 12:02}{1 + draw // 10_000 % 28:02}"
    draw = mixed(patient, 3)
    address = f"{ROADS[draw % 10]}{1 + draw // 10 % 600}号{1 + draw // 10_000 % 30}幢{1 + draw // 1_000_000 % 60:02}室"
    return (f"PID|1||N{patient}^^^HIS^MR||{family}^{given}||{birth}|{'12'[draw // 10**9 % 2]}"
            f"|||{address}^^杭州市^浙江省^310000||1{30 + draw // 10**10 % 70}{mixed(patient, 4) % 10**8:08}")


def message(number, at):
    """The message of this number, with segments parted by carriage returns.

    :param at: when it happened and is sent, as HL7 writes it.
    """
    patient, place = divmod(number, 4)
    head = f"MSH|^~\\&|HIS|h{patient % 7}|||{at}||"
    if place == 3:
        return "\r".join([
            f"{head}ORU^R01|{number}|P|2.4", person(patient), f"OBR|1|L{number}|L{number}|718-7^Hemoglobin^LN|||{at}",
            f"OBX|1|NM|718-7^Hemoglobin^LN||{100 + number % 50}|g/L|||||F|||{at}"]) + "\r"
    event = ["A01", "A08", "A03"][place]
    return "\r".join([
        f"{head}ADT^{event}|{number}|P|2.4", f"EVN|{event}|{at}", person(patient),
        f"PV1|1|I|内科^301^02||||1001^李^四||||||||||||V{patient}|||||||||||||||||||||||||{at}"]) + "\r"
