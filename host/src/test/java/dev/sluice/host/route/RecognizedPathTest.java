package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Operation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecognizedPathTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, OPENAI, CHAT, , false",
        "/openai/deployments/x/chat/completions, OPENAI, CHAT, , false",
        "/chat/completions, OPENAI, CHAT, , false",
        "/v1/chat/completions/, NONE, OTHER, , false",
        "/v1/chat/completionsx, NONE, OTHER, , false",
        "/v1/messages, ANTHROPIC, CHAT, , false",
        "/anthropic/v1/messages, ANTHROPIC, CHAT, , false",
        "/v1/messages/count_tokens, ANTHROPIC, COUNT_TOKENS, , false",
        "/messages, NONE, OTHER, , false",
        "/v1/responses, OPENAI_RESPONSES, CHAT, , false",
        "/v1/completions, OPENAI_COMPLETIONS, CHAT, , false",
        "/v1/embeddings, OPENAI, EMBEDDINGS, , false",
        "/v1/images/generations, OPENAI, IMAGES, , false",
        "/v1/images/edits, OPENAI, IMAGES, , false",
        "/v1/audio/speech, OPENAI, AUDIO, , false",
        "/v1/audio/transcriptions, OPENAI, AUDIO, , false",
        "/v1/moderations, OPENAI, MODERATIONS, , false",
        "/v1/rerank, OPENAI, RERANK, , false",
        "/v1/models, OPENAI, MODELS, , false",
        "/v1/models/gpt-4o, OPENAI, MODELS, , false",
        "/v1/files, OPENAI, FILES, , false",
        "/v1/files/file-1/content, OPENAI, FILES, , false",
        "/v1/filesystem, NONE, OTHER, , false",
        "/v1/batches/b1/cancel, OPENAI, BATCHES, , false",
        "/v1/fine_tuning/jobs, OPENAI, FINE_TUNING, , false",
        "/v2/chat, COHERE, CHAT, , false",
        "/v1beta/models/gemini-2.0-flash:generateContent, GEMINI, CHAT, gemini-2.0-flash, false",
        "/v1beta/models/gemini-2.0-flash:streamGenerateContent, GEMINI, CHAT, gemini-2.0-flash, true",
        "/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent, GEMINI, CHAT, g, true",
        "/v1beta/models/g:countTokens, GEMINI, COUNT_TOKENS, g, false",
        "/v1beta/models/g:embedContent, GEMINI, EMBEDDINGS, g, false",
        "/v1beta/models/g:batchEmbedContents, GEMINI, EMBEDDINGS, g, false",
        "/v1beta/models/g:other, NONE, OTHER, , false",
        "/v1beta/models/:generateContent, NONE, OTHER, , false",
        "/model/anthropic.claude-3/converse, BEDROCK, CHAT, anthropic.claude-3, false",
        "/model/anthropic.claude-3-v1:0/converse-stream, BEDROCK, CHAT, anthropic.claude-3-v1:0, true",
        "/model/anthropic.claude-3-v1%3A0/converse, BEDROCK, CHAT, anthropic.claude-3-v1:0, false",
        "/model/arn%3Aaws%3Ab%2Fprofile+1/converse, BEDROCK, CHAT, arn:aws:b/profile+1, false",
        "/model/x/invoke, NONE, OTHER, , false",
        "/model/converse, NONE, OTHER, , false",
        "/, NONE, OTHER, , false",
    })
    void isRecognisedByItsSuffix(String path, Dialect dialect, Operation operation, String model, boolean streams) {
        assertThat(RecognizedPath.of(path)).isEqualTo(new RecognizedPath(dialect, operation, model, streams));
    }
}
