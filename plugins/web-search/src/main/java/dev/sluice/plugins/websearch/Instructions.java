package dev.sluice.plugins.websearch;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leaves out of a page what speaks to the model: sentences that give it orders, and marks by which chats are written.
 * The fence is what keeps the rest data; this only spares the model the temptation.
 */
final class Instructions {
    static final String REMOVED = "[removed]";

    private static final int FLAGS = Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE;
    private static final Pattern SENTENCE = Pattern.compile("[^.!?;\\n。！？；]+[.!?;。！？；]*|[.!?;\\n。！？；]");
    private static final int MAX_SENTENCE = 600;

    private static final List<Pattern> ORDERS = List.of(
            order("\\b(?:ignore|disregard|forget|override|bypass|skip)\\b.{0,60}\\b(?:instructions?|prompts?|rules?"
                    + "|directives?|guidelines?|told|programming)\\b"),
            order("\\b(?:ignore|disregard|forget)\\b.{0,20}\\b(?:all|everything|anything|the)\\b.{0,20}"
                    + "\\b(?:above|previous|prior|before|earlier)\\b"),
            order("\\byou (?:are|will be|must act as) now\\b|\\byou are no longer\\b|\\bfrom now on\\b.{0,10}\\byou\\b"
                    + "|\\bnew (?:system )?(?:instructions?|prompt|task)\\s*:"),
            order("\\b(?:reveal|print|repeat|output|show|leak|send|expose)\\b.{0,60}"
                    + "\\b(?:system prompt|your (?:instructions|prompt|rules)|hidden prompt|api keys?|credentials)\\b"),
            order("\\b(?:do not|don't|never) (?:tell|inform|mention|reveal)\\b.{0,30}\\buser\\b"),
            order(
                    "\\b(?:as|dear|attention|note to|message to|hey)\\b.{0,10}"
                            + "\\b(?:ai|llm|language model|chatbot|assistant|chatgpt|claude)s?\\b.{0,40}\\b(?:must|should|please|:)"),
            order("\\bjailbreak|\\bdeveloper mode\\b|\\bdo anything now\\b"),
            order("(?:ignorier|vergiss|missacht)\\w*.{0,60}(?:anweisung|vorgabe|regel)"),
            order(
                    "\\b(?:ignore[zr]?|ignora|ignorate|oublie[zr]?|olvida)\\b.{0,60}(?:instrucci|instruction|consigne|istruzion|instruç)"),
            order("(?:忽略|无视|忘记|忘掉|不要理会|不要遵守).{0,20}(?:指令|指示|提示|规则|要求|内容|设定)"),
            order("你现在是|从现在(?:开始|起).{0,4}你|系统提示词"));

    /** With letters alone, so that neither spaces nor dots between them help. */
    private static final Pattern SPACED = Pattern.compile(
            "(?:ignore|disregard|forget)(?:all|any|the|your|these|those|of|my)*(?:previous|prior|above|earlier)"
                    + "(?:instruction|prompt|message|rule)");

    private static final Pattern MARKS = Pattern.compile(
            "<\\|[^|<>\\n]{1,40}\\|>|\\[/?(?:INST|SYS)\\]|<</?SYS>>|</?(?:system|assistant|user|human|instructions?)>"
                    + "|^\\s*#{1,6}\\s*(?:system|instructions?|assistant|response)\\b.*$"
                    + "|^\\s*(?:system|assistant|developer|human|user)\\s*(?:prompt|message)?\\s*:"
                    + "|\\[\\s*/?\\s*(?:begin|end|start)\\b[^\\]\\n]{0,80}\\]"
                    + "|^\\W*(?:begin|end|start) of (?:the )?(?:web )?(?:search )?(?:results?|context|data|document)s?\\b.*$",
            FLAGS | Pattern.MULTILINE);

    private static final String LOOK_ALIKE = "аеорсухіѕјԁһոոοαιν";
    private static final String LATIN = "aeopcyxisjdhnnoaiv";

    private Instructions() {}

    private static Pattern order(String regex) {
        return Pattern.compile(regex, FLAGS);
    }

    /** The text without them. */
    static String strip(String text) {
        String unmarked = MARKS.matcher(text).replaceAll(REMOVED);
        StringBuilder kept = new StringBuilder(unmarked.length());
        for (String line : unmarked.split("\n", -1)) {
            kept.append(kept.isEmpty() ? "" : "\n").append(line(line));
        }
        return kept.toString();
    }

    private static String line(String line) {
        StringBuilder kept = new StringBuilder(line.length());
        Matcher sentences = SENTENCE.matcher(line);
        while (sentences.find()) {
            kept.append(givesOrders(fold(sentences.group())) ? " " + REMOVED : sentences.group());
        }
        // What is cut into pieces that are no sentences gives an order only as a whole.
        return isSpacedOrder(fold(kept.toString())) ? REMOVED : kept.toString().strip();
    }

    private static boolean givesOrders(String folded) {
        for (int from = 0; from < folded.length(); from += MAX_SENTENCE / 2) {
            String part = folded.substring(from, Math.min(folded.length(), from + MAX_SENTENCE));
            if (ORDERS.stream().anyMatch(pattern -> pattern.matcher(part).find())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSpacedOrder(String folded) {
        StringBuilder letters = new StringBuilder(folded.length());
        folded.chars().filter(Character::isLetter).forEach(c -> letters.append((char) c));
        return SPACED.matcher(letters).find();
    }

    /** Letters that look alike made the same. */
    private static String fold(String text) {
        String plain = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        StringBuilder folded = new StringBuilder(plain.length());
        for (int i = 0; i < plain.length(); i++) {
            int at = LOOK_ALIKE.indexOf(plain.charAt(i));
            folded.append(at < 0 ? plain.charAt(i) : LATIN.charAt(at));
        }
        return folded.toString();
    }
}
