package dev.sluice.host.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Orders problems as an operator reads them. */
final class Problems {
    private Problems() {}

    /** Each problem once: the main file's first, then the others', and within a file from top to bottom. */
    static List<Problem> inFileOrder(String main, List<Problem> problems) {
        Set<String> files = new LinkedHashSet<>(List.of(main));
        problems.forEach(problem -> files.add(problem.file()));
        List<String> order = new ArrayList<>(files);
        return problems.stream()
                .distinct()
                .sorted(Comparator.<Problem>comparingInt(problem -> order.indexOf(problem.file()))
                        .thenComparingInt(Problem::line)
                        .thenComparingInt(Problem::column))
                .toList();
    }
}
