package dev.sluice.host.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;

/** Makes classes that nobody holds, by whose end one sees that the JVM has collected classes. */
final class Canary {
    private static final byte[] BYTES = bytes();

    private Canary() {}

    /** What canaries are copies of. */
    private static final class Original {}

    private static byte[] bytes() {
        String file = "/" + Original.class.getName().replace('.', '/') + ".class";
        try (InputStream in = Canary.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new one, cleared by the first collection that frees classes. */
    static Reference<?> make() {
        try {
            // A hidden class can be collected though its loader lives on.
            return new WeakReference<>(
                    MethodHandles.lookup().defineHiddenClass(BYTES, false).lookupClass());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("a canary could not be defined", e);
        }
    }
}
