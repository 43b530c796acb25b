package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextTest {

    @ParameterizedTest
    @CsvSource({
        "bomb, bomb",
        "BOMB, bomb",
        "b\u200bo\u200dm\u00adb, bomb",
        "\u202ebomb\u202c, bomb",
        "\uff42\uff4f\uff4d\uff42, bomb",
        "b\u043emb, bomb",
        "\u0412OMB, bomb",
        "b\u0336o\u0336m\u0336b, bomb",
        "\ud835\udc1b\ud835\udc28\ud835\udc26\ud835\udc1b, bomb",
        "b\ufe0fomb, bomb",
        "caf\u00e9, cafe",
        "\ufb01re, fire",
        "b\u0000o\u0007mb, bomb",
        "bo\udb40\udc41mb, bomb"
    })
    void disguisesAreTakenOff(String written, String says) {
        assertThat(Text.of(written).folded()).isEqualTo(says);
    }

    @Test
    void placesLeadBackToTheTextItself() {
        String raw = "x b\u200bo\u200bmb \ud83d\ude00 \ufb01re";
        Text text = Text.of(raw);
        String folded = text.folded();
        Finding bomb = text.back(Finding.at(folded.indexOf("bomb"), folded.indexOf("bomb") + 4, "r", "f", Level.LOW));
        assertThat(raw.substring(bomb.from(), bomb.to())).isEqualTo("b\u200bo\u200bmb");
        Finding fire = text.back(Finding.at(folded.indexOf("ire"), folded.indexOf("ire") + 3, "r", "f", Level.LOW));
        assertThat(raw.substring(fire.from(), fire.to())).isEqualTo("\ufb01re");
    }

    @Test
    void escapesOfJsonAreResolved() {
        String raw = "{\"a\":\"b\\u006fmb\\n\\\"x\"}";
        Text text = Text.json(raw);
        assertThat(text.plain()).isEqualTo("{\"a\":\"bomb\n\"x\"}");
        int at = text.plain().indexOf("bomb");
        Finding found = text.back(Finding.at(at, at + 4, "r", "f", Level.LOW));
        assertThat(raw.substring(found.from(), found.to())).isEqualTo("b\\u006fmb");
        assertThat(Text.json("a\\").plain()).isEqualTo("a\\");
        assertThat(Text.json("a\\u00").plain()).isEqualTo("au00");
    }
}
