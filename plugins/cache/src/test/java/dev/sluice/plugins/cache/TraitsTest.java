package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told apart without any model. */
final class TraitsTest {

    private static String difference(String one, String other) {
        Traits a = Traits.of(one);
        Traits b = Traits.of(other);
        String found = Traits.difference(a, b);
        assertThat(Traits.difference(b, a)).as("either way").isEqualTo(found);
        return found;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "It costs 1,000 euros | it costs 100 euros | number",
                "Name two rivers | Name three rivers | number",
                "第三章讲什么 | 第四章讲什么 | number",
                "What is “foo”? | What is “bar”? | quote",
                "《红楼梦》好看吗 | 《西游记》好看吗 | quote",
                "Where does Anna live? | Where does Berta live? | name",
                "How do I use the API? | How do I use the SDK? | name",
                "Is it safe? | Isn't it safe? | negation",
                "可以吃吗 | 不可以吃吗 | negation",
                "Turn on the fan | Turn off the fan | opposite",
                "上传文件 | 下载文件 | opposite",
                "Where was he born? | When was he born? | question",
                "from Oslo to Rome by train | from Rome to Oslo by train | order",
                "冰比水重吗 | 水比冰重吗 | order",
                "Did Germany beat Brazil? | Did Brazil beat Germany? | order",
                "Do big dogs chase cats? | Do cats chase big dogs? | order",
                "小王欠小张钱吗 | 小张欠小王钱吗 | order",
                "谁教了柏拉图？ | 柏拉图教了谁？ | question",
                "how do i cook rice | how do i cook pasta | word"
            })
    void whatMustBeTheSame(String one, String other, String difference) {
        assertThat(difference(one, other)).isEqualTo(difference);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "How do I cook rice? | how can i cook rice",
                "It costs 1,000 euros | it costs 1000 euros",
                "3个苹果 | 三个苹果",
                "怎么煮鸡蛋？ | 请问如何煮鸡蛋呢",
                "能不能退货？ | 可以退货吗？",
                "谁是第一个登上月球的人？ | 第一个登上月球的人是谁？",
                "Is tea or coffee healthier? | Is coffee or tea healthier?",
                "How do I sort a list in Python? | In Python, how do I sort a list?",
                "How tall is the tower? | What is the height of the tower?"
            })
    void whatMayDiffer(String one, String other) {
        assertThat(difference(one, other)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "?!", "\uD83D", "一二三四五六七八九十百千万亿亿亿亿个", "1,1,1,1.1:1"})
    void anyTextWillDo(String text) {
        assertThat(difference(text, text)).isNull();
        assertThat(difference(text, "Who is it?")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "zh"})
    void nearlyAllLookalikesAreSeenWithoutAVector(String set) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("src/test/resources/semantic/" + set + ".tsv"))) {
            String[] part = line.split("\t", -1);
            if (part[0].equals("other") && difference(part[1], part[2]) == null) {
                wrong.add(line);
            }
        }
        assertThat(wrong).hasSizeLessThanOrEqualTo(1);
    }
}
