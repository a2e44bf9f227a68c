package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is public has a comment, by the compiler's own look at them. */
class DocumentedTest {

    @Test
    void whatIsPublicHasAComment(@TempDir Path folder) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> told = new DiagnosticCollector<>();
        try (StandardJavaFileManager files =
                        compiler.getStandardFileManager(told, Locale.ROOT, null);
                Stream<Path> sources = Files.list(Path.of("src/main/java/io/pykraken/consumer"))) {
            List<String> options = List.of("-Xdoclint:missing/public", "-Xmaxwarns", "10000",
                    "-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
            compiler.getTask(null, files, told, options, null,
                    files.getJavaFileObjectsFromPaths(sources.toList())).call();
        }
        // Tags that would say a comment's own sentence once more are not asked for.
        List<String> missing = told.getDiagnostics().stream()
                .map(each -> each.toString())
                .filter(each -> each.contains("no comment") || each.contains("error:"))
                .toList();
        assertEquals(List.of(), missing);
    }
}
