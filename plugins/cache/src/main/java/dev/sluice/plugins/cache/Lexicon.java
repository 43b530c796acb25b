package dev.sluice.plugins.cache;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The words, English and Chinese, by which {@link Traits} tells questions apart. */
final class Lexicon {
    /** Words that ask, and so do not say what is asked about. */
    static final Set<String> FILLERS = words("""
            a an the i me my we our you your it its this that these those there one ones of in on at for with by as and or
            is are be am do does did was were has have had will would can could should shall may might must
            how what which who whom whose where when why what's how's who's where's it's that's i'd i'm i've
            please tell explain give say show help let describe summarize summary
            want need like know get got go make made so just also any some best way ways steps step
            thing things mean meaning possible use used using reason reasons cause causes about to from into
            than over if then much many find right now hello hi hey thanks thank
            """);

    /** Words after which an order counts. */
    static final Set<String> DIRECTIONS = words("to from into than over under above below");

    /** Words that ask for something of a kind, by the kind. */
    static final Map<String, String> ASKING = Map.of(
            "where", "place", "where's", "place", "when", "time", "who", "person", "who's", "person", "whom", "person",
            "why", "reason", "many", "amount", "much", "amount");

    private static final Map<String, String> ASKING_HAN = Map.of(
            "谁",
            "person",
            "哪里",
            "place",
            "哪儿",
            "place",
            "什么时候",
            "time",
            "几点",
            "time",
            "何时",
            "time",
            "为什么",
            "reason",
            "多少",
            "amount",
            "多久",
            "duration",
            "多长时间",
            "duration");

    /** At the end it is the one to whom something is done, unless it is the one who is something. */
    private static final Pattern WHOM_HAN = Pattern.compile("[^是]谁[呢呀啊]?$");

    static final Map<String, String> NUMBERS = numbers();

    private static final Set<String> DENIALS =
            words("not no never none nobody nothing neither nor without cannot except unable nowhere non");

    /** Of each pair the one or the other. */
    private static final List<String> OPPOSITES = List.of(
            "enable on open opened activate/disable off close closed deactivate",
            "increase raise gain/decrease reduce lower lose",
            "buy/sell",
            "before/after",
            "more/less fewer",
            "maximum max most largest biggest highest longest/minimum min least smallest lowest shortest",
            "start begin started began/end stop finish ended",
            "first/last",
            "import/export",
            "upload/download",
            "encrypt encode/decrypt decode",
            "ascending/descending",
            "add create insert/remove delete drop",
            "older/newer younger",
            "am/pm",
            "advantage advantages pros benefit benefits/disadvantage disadvantages cons drawback drawbacks",
            "left/right",
            "male men man/female women woman",
            "is are/was were",
            "safe/unsafe dangerous",
            "legal/illegal",
            "install/uninstall",
            "upgrade/downgrade",
            "push/pull",
            "freezing/boiling",
            "hot/cold",
            "same/different",
            "good/bad",
            "next/last previous",
            "above/below",
            "today/tomorrow yesterday",
            "with/without");

    private static final List<String> OPPOSITES_HAN = List.of(
            "开启 打开 启用 开门 开通 开户/关闭 关掉 停用 禁用 关门 销户",
            "增 加 提高 调大/减 降 调小 缩",
            "买/卖",
            "饭前 之前 以前/饭后 之后 以后",
            "最大 最高 最多 最长 最快/最小 最低 最少 最短 最慢",
            "开始/结束",
            "导入/导出",
            "上传/下载",
            "加密 编码/解密 解码",
            "升序/降序",
            "升级/降级",
            "创建 新建 添加/删除 移除 移出",
            "上午 早上/下午 晚上",
            "优点 优势 好处/缺点 劣势 坏处",
            "左/右",
            "男/女",
            "登录/注销 登出",
            "安装/卸载",
            "沸点/冰点 凝固点",
            "成年/未成年",
            "新/旧 老",
            "上个/下个",
            "高于 大于 超过/低于 小于 少于",
            "今天/明天 昨天");

    private static final List<String> ENDINGS =
            List.of("ition", "ation", "ence", "ment", "ing", "est", "ly", "ed", "er", "es", "s", "e", "d", "y");

    private static final Map<String, String> SYNONYMS = synonyms("""
            price cost fee
            tall height high
            fast speed quick
            author writer wrote write written
            change update modify edit alter
            recommend suggest
            speak spoken spoke
            contact reach touch
            large big huge
            purchase buy
            fix repair
            error problem issue
            start begin
            film movie
            phone telephone smartphone
            backup back
            picture photo image
            doctor physician
            job work
            holiday vacation
            car automobile
            cheap inexpensive
            population people live inhabitant
            """);

    private static final Map<String, String> POLES = poles(OPPOSITES);
    private static final Map<String, String> POLES_HAN = poles(OPPOSITES_HAN);

    /** What denies in Chinese, but for where it does not. */
    private static final Pattern DENIAL_HAN =
            Pattern.compile("(?<![是能要会好对可])[不没](?![过错仅但只管论同断久少得])|[无勿](?!论)|(?<![区级类性分特个])别(?![人的墅名])|未(?!来)|非(?!常|洲)");

    /** Asking by "whether or not" denies nothing. */
    private static final Pattern WHETHER_HAN = Pattern.compile("(.)[不没]\\1|有没有|是否|差不多|可不可以|能不能");

    private static final Pattern DIRECTED_HAN = Pattern.compile("[从到比成为给对被转向]");

    private static final Pattern NUMBER_HAN = Pattern.compile(
            "(第)?([零〇一二两三四五六七八九十百千万亿]+)(?=(个|次|年|月|日|天|号|章|节|条|定|种|本|元|块|岁|点|分|小时|周|名|位|件|张|只|集|季|版|级|层|届|$)?)");

    private static final Pattern FILLER_HAN = Pattern.compile(
            "请问|您好|你好|谢谢|请|给我|帮我|告诉我|告诉|解释|介绍|总结|概括|说明|推荐|能不能|可不可以|可以|能否|是否|有没有|能|应该|该|想|要|需要|怎么样|怎么办|怎么|怎样|如何"
                    + "|为什么|什么时候|什么|哪里|哪些|哪个|哪座|哪种|哪一|哪|谁|几点|几|多少钱|多少|多长时间|多久|是|的|了|吗|呢|吧|啊|呀|我们|我|你们|你|您|一下|一个|一种|一座|一封|个|里|中|上"
                    + "|在|用|有|把|会|还|过|得|和|与|及|关于|讲|方法|做法|办法|最好|原因|意思|代表");

    private Lexicon() {}

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+", -1));
    }

    private static Map<String, String> numbers() {
        Map<String, String> all = new HashMap<>();
        String[] cardinals = ("zero - two three four five six seven eight nine ten eleven twelve thirteen fourteen"
                        + " fifteen sixteen seventeen eighteen nineteen twenty")
                .split(" ", -1);
        String[] ordinals = "- first second third fourth fifth sixth seventh eighth ninth tenth".split(" ", -1);
        for (int i = 0; i < cardinals.length; i++) {
            all.put(cardinals[i], Integer.toString(i));
        }
        for (int i = 0; i < ordinals.length; i++) {
            all.put(ordinals[i], Integer.toString(i));
        }
        String[] roman = "- - ii iii iv - vi vii viii ix".split(" ", -1);
        for (int i = 0; i < roman.length; i++) {
            all.put(roman[i], Integer.toString(i));
        }
        List.of(
                        "thirty 30",
                        "forty 40",
                        "fifty 50",
                        "hundred 100",
                        "thousand 1000",
                        "million 1000000",
                        "twice 2",
                        "once 1")
                .forEach(pair -> all.put(pair.split(" ", -1)[0], pair.split(" ", -1)[1]));
        all.remove("-");
        return Map.copyOf(all);
    }

    private static Map<String, String> poles(List<String> pairs) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < pairs.size(); i++) {
            String[] sides = pairs.get(i).split("/", -1);
            for (int side = 0; side < 2; side++) {
                for (String word : sides[side].split(" ", -1)) {
                    all.put(word, i + (side == 0 ? "+" : "-"));
                }
            }
        }
        return Map.copyOf(all);
    }

    private static Map<String, String> synonyms(String lines) {
        Map<String, String> all = new HashMap<>();
        lines.lines().map(line -> line.strip().split(" ", -1)).forEach(group -> {
            for (String word : group) {
                all.put(word, group[0]);
            }
        });
        return Map.copyOf(all);
    }

    static boolean denies(String word) {
        return DENIALS.contains(word) || word.endsWith("n't");
    }

    static boolean deniesHan(String part) {
        return DENIAL_HAN.matcher(WHETHER_HAN.matcher(part).replaceAll("")).find();
    }

    static boolean isDirectedHan(String part) {
        return DIRECTED_HAN.matcher(part).find();
    }

    /** Adds the side of a pair of opposites on which the word is. */
    static void pole(String word, Set<String> poles) {
        String pole = POLES.get(word);
        if (pole != null) {
            poles.add(pole);
        }
    }

    static void polesHan(String part, Set<String> poles) {
        POLES_HAN.forEach((word, pole) -> {
            if (part.contains(word)) {
                poles.add(pole);
            }
        });
    }

    static void askedHan(String part, Set<String> asked) {
        ASKING_HAN.forEach((word, kind) -> {
            if (part.contains(word)) {
                asked.add(kind.equals("person") && WHOM_HAN.matcher(part).find() ? "whom" : kind);
            }
        });
    }

    /** Whether of a pair one has only the one side, and the other only the other. */
    static boolean conflict(Set<String> one, Set<String> other) {
        return one.stream().anyMatch(pole -> {
            String opposite = pole.substring(0, pole.length() - 1) + (pole.endsWith("+") ? "-" : "+");
            return other.contains(opposite) && !other.contains(pole) && !one.contains(opposite);
        });
    }

    /** Adds the numbers that count something, or a place in a row; what is left without them. */
    static String numbersHan(String part, List<String> numbers) {
        return NUMBER_HAN.matcher(part).replaceAll(found -> {
            boolean ordinal = found.group(1) != null;
            boolean counts =
                    ordinal || !(found.group(3) == null || found.group(3).isEmpty());
            if (!counts || (!ordinal && found.group(2).equals("一"))) {
                return found.group();
            }
            numbers.add(Long.toString(value(found.group(2))));
            return "";
        });
    }

    private static long value(String han) {
        long total = 0;
        long section = 0;
        long digit = 0;
        for (int i = 0; i < han.length(); i++) {
            char c = han.charAt(i);
            int at = "零一二三四五六七八九".indexOf(c == '两' ? '二' : c == '〇' ? '零' : c);
            int unit = "十百千万亿".indexOf(c);
            if (at >= 0) {
                digit = digit * 10 + at;
            } else if (unit < 3) {
                section += Math.max(1, digit) * (unit == 0 ? 10 : unit == 1 ? 100 : 1000);
                digit = 0;
            } else {
                total = (total + section + digit) * (unit == 3 ? 10_000L : 100_000_000L);
                section = 0;
                digit = 0;
            }
        }
        return total + section + digit;
    }

    static String withoutFillers(String part) {
        return FILLER_HAN.matcher(part).replaceAll("");
    }

    /** A word without its endings, and one word for those that mean the same. */
    static String stem(String word) {
        String stem = word.replaceFirst("'s$", "");
        String known = SYNONYMS.get(stem);
        for (int i = 0; i < 3 && known == null; i++) {
            String shorter = shortened(stem);
            if (shorter.equals(stem)) {
                break;
            }
            stem = shorter;
            known = SYNONYMS.get(stem);
        }
        return known == null ? stem : known;
    }

    private static String shortened(String stem) {
        for (String end : ENDINGS) {
            if (stem.length() - end.length() >= 3 && stem.endsWith(end) && !stem.endsWith("ss")) {
                String rest = stem.substring(0, stem.length() - end.length());
                int last = rest.length() - 1;
                boolean doubled = end.length() > 1 && last > 2 && rest.charAt(last) == rest.charAt(last - 1);
                return doubled ? rest.substring(0, last) : rest;
            }
        }
        return stem;
    }
}
