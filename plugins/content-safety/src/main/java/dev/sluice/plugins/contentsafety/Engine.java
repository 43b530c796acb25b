package dev.sluice.plugins.contentsafety;

import dev.sluice.api.Exchange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What looks for risks in texts. */
sealed interface Engine {

    /** Its name in metrics: its kind. */
    String name();

    /** One that needs nothing but the text, and no more time than in proportion to its length. Safe for all threads. */
    non-sealed interface Local extends Engine {

        /** What it finds, at places in the text itself, in any order. */
        List<Finding> find(Text text);

        default List<Finding> find(List<Text> texts) {
            List<Finding> all = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                for (Finding finding : find(texts.get(i))) {
                    all.add(finding.in(i));
                }
            }
            return all;
        }
    }

    /** One that asks somebody else. */
    non-sealed interface Outside extends Engine {

        /**
         * What is found, at places in these texts. Fails where the answer cannot be had or understood: a guard must not
         * take that for a clean bill.
         *
         * @param budget for all of it
         */
        CompletionStage<List<Finding>> look(
                Exchange exchange, Direction direction, List<String> texts, Duration budget);
    }
}
