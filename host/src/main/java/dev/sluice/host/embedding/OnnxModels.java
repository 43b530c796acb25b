package dev.sluice.host.embedding;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.spi.model.embedding.EmbeddingModelFactory;
import dev.sluice.host.embedding.LocalEmbeddings.Encoder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Models in jars of LangChain4j, found by its service interface; they run on ONNX Runtime. The only class that knows the
 * library: it may be absent.
 */
final class OnnxModels {
    private static final String FACTORY = "EmbeddingModelFactory";

    /** By the name of their factory: gateways of one process share them. */
    private static final Map<String, EmbeddingModel> LOADED = new ConcurrentHashMap<>();

    private OnnxModels() {}

    static boolean areThere() {
        try {
            Class.forName(
                    "dev.langchain4j.spi.model.embedding.EmbeddingModelFactory",
                    false,
                    OnnxModels.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    static Map<String, Supplier<Encoder>> installed() {
        // The tokenizer's library asks the cloud's metadata server where it runs, and then tells its makers, unless
        // told not to.
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        Map<String, Supplier<Encoder>> models = new LinkedHashMap<>();
        ServiceLoader.load(EmbeddingModelFactory.class, OnnxModels.class.getClassLoader())
                .forEach(factory -> models.put(name(factory.getClass().getSimpleName()), () -> load(factory)));
        return models;
    }

    private static Encoder load(EmbeddingModelFactory factory) {
        EmbeddingModel loaded = LOADED.computeIfAbsent(factory.getClass().getName(), name -> unpacked(factory));
        return text -> loaded.embed(text).content().vector();
    }

    /** The tokenizer's library unpacks itself into the home directory, which a service may not have, unless told where. */
    private static synchronized EmbeddingModel unpacked(EmbeddingModelFactory factory) {
        try {
            Path directory = Files.createTempDirectory("sluice-embeddings");
            System.setProperty("DJL_CACHE_DIR", directory.toString());
            EmbeddingModel model = factory.create();
            try (Stream<Path> files = Files.walk(directory)) {
                // It is loaded, and needed no longer.
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary directory can be used for the embedding model", e);
        }
    }

    /** {@code BgeSmallEnV15QuantizedEmbeddingModelFactory} is {@code bge-small-en-v15-q}. */
    static String name(String factory) {
        String model = factory.replace(FACTORY, "").replace("Quantized", "Q");
        return model.replaceAll("(?<=.)(?=\\p{Lu})", "-").toLowerCase(Locale.ROOT);
    }
}
