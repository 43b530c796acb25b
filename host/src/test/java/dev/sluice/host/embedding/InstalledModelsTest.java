package dev.sluice.host.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The real models, of which the profile brings two. */
@Tag("long")
class InstalledModelsTest {

    private static float cosine(float[] a, float[] b) {
        float sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void whatMeansTheSameIsNearInItsLanguage() throws Exception {
        try (LocalEmbeddings all = LocalEmbeddings.installed(Thread::new)) {
            assertThat(all.models()).containsExactly("bge-small-en-v15-q", "bge-small-zh-v15-q");
            assertThat(nearer(
                            all,
                            "bge-small-en-v15-q",
                            "How do I reset my password?",
                            "how can I reset my password",
                            "What is the capital of France?"))
                    .isTrue();
            assertThat(nearer(all, "bge-small-zh-v15-q", "怎么重置密码？", "如何重置我的密码", "法国的首都是哪里？"))
                    .isTrue();
        }
    }

    private static boolean nearer(LocalEmbeddings all, String model, String text, String same, String other)
            throws Exception {
        float[] vector = embed(all, model, text);
        float near = cosine(vector, embed(all, model, same));
        float far = cosine(vector, embed(all, model, other));
        System.out.printf("%s: %.3f the same, %.3f another, %d dimensions%n", model, near, far, vector.length);
        return near > far + 0.1;
    }

    private static float[] embed(LocalEmbeddings all, String model, String text) throws Exception {
        return all.model(model).embed(text).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
}
