package dev.sluice.plugins.contentsafety;

/** Letters of other alphabets that look like Latin ones, and all letters in one case. */
final class LookAlikes {
    private static final char[] TABLE = table();

    private LookAlikes() {}

    private static char[] table() {
        char[] table = new char[0x10000];
        for (int c = 0; c < table.length; c++) {
            table[c] = Character.isSurrogate((char) c) ? (char) c : Character.toLowerCase((char) c);
        }
        String[] pairs = {
            "аa", "еe", "оo", "рp", "сc", "уy", "хx", "ѕs", "іi", "јj", "ԁd", "ԛq", "ԝw", "һh", "кk", "мm", "нh", "тt",
            "вb", "ɑa", "ɡg", "ıi", "αa", "οo", "ρp", "νv", "υu", "κk", "ιi", "τt", "χx", "ηn", "βb", "εe", "ϲc", "ϳj",
            "ᴀa", "ʙb", "ᴄc", "ᴅd", "ᴇe", "ɢg", "ʜh", "ɪi", "ᴊj", "ᴋk", "ʟl", "ᴍm", "ɴn", "ᴏo", "ᴘp", "ʀr", "ꜱs", "ᴛt",
            "ᴜu", "ᴠv", "ᴡw", "ʏy", "ᴢz", "ӏl", "ԍg", "ѵv", "ցg", "օo", "սu", "հh"
        };
        for (String pair : pairs) {
            char other = pair.charAt(0);
            table[other] = pair.charAt(1);
            table[Character.toUpperCase(other)] = pair.charAt(1);
        }
        table['Υ'] = 'y';
        table['Η'] = 'h';
        table['Ν'] = 'n';
        return table;
    }

    static char fold(char c) {
        return TABLE[c];
    }
}
