package io.pykraken.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every vector of consumers/spec/vectors, codes included. */
class VectorsTest {

    @TestFactory
    List<DynamicTest> everyVector() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String folder : new TreeSet<>(Vectors.PLAYED.keySet())) {
            List<Path> files = Vectors.sorted(Vectors.folder().resolve(folder));
            assertFalse(files.isEmpty(), folder + " is empty");
            for (Path file : files) {
                tests.add(DynamicTest.dynamicTest(folder + "/" + file.getFileName(),
                        () -> Vectors.play(folder, file)));
            }
        }
        return tests;
    }

    @Test
    void noFolderIsLeftOut() throws IOException {
        for (Path each : Vectors.sorted(Vectors.folder())) {
            if (Files.isDirectory(each)) {
                String name = each.getFileName().toString();
                assertTrue(Vectors.PLAYED.containsKey(name), "vectors that nobody runs: " + name);
                for (Path file : Vectors.sorted(each)) {
                    assertTrue(file.toString().endsWith(".json"), file + " is no vector");
                }
            }
        }
        assertEquals(6, Vectors.PLAYED.size());
    }
}
