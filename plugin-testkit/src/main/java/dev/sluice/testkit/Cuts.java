package dev.sluice.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The ways in which a network may cut bytes; made to be a {@code @MethodSource}. */
public final class Cuts {
    private Cuts() {}

    /** Every way to cut the bytes in two, empty parts included: one more than there are bytes. */
    public static Stream<List<byte[]>> everyCut(byte[] bytes) {
        return everyCut(bytes, 2);
    }

    /**
     * Every way to cut the bytes into so many parts, empty ones included; lazily, as they are many: for three parts
     * about half the square of the length.
     *
     * @param parts at least 1
     */
    public static Stream<List<byte[]>> everyCut(byte[] bytes, int parts) {
        if (parts < 1) {
            throw new IllegalArgumentException("bytes are cut into at least one part, not " + parts);
        }
        if (parts == 1) {
            return Stream.of(List.of(bytes));
        }
        return IntStream.rangeClosed(0, bytes.length).boxed().flatMap(at -> {
            byte[] first = Arrays.copyOf(bytes, at);
            return everyCut(Arrays.copyOfRange(bytes, at, bytes.length), parts - 1)
                    .map(rest -> {
                        List<byte[]> all = new ArrayList<>(rest.size() + 1);
                        all.add(first);
                        all.addAll(rest);
                        return List.copyOf(all);
                    });
        });
    }

    /** The bytes one by one. */
    public static List<byte[]> singleBytes(byte[] bytes) {
        return IntStream.range(0, bytes.length)
                .mapToObj(i -> new byte[] {bytes[i]})
                .toList();
    }
}
