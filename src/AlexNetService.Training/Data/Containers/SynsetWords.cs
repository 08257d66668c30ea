namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// Names of classes by identifier, from the text files that people keep beside ImageNet. They have one class a line, such as
/// <c>n01440764 tench, Tinca tinca</c>, with a space or a tab after the identifier. The first name becomes the label.
/// </summary>
internal static class SynsetWords
{
    private static readonly string[] Patterns = ["synset_words.txt", "LOC_synset_mapping.txt", "words.txt", "*synsets.txt"];

    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataSetException($"There is no file of class names at '{path}'.");
        }

        var words = Names(path);
        return words.Count > 0
            ? words
            : throw new DataSetException($"'{path}' names no class. Write one class a line: n01440764 tench, Tinca tinca.");
    }

    /// <summary>The names in the first such file of a folder, or none if it has no such file.</summary>
    public static IReadOnlyDictionary<string, string> In(string folder) =>
        Patterns.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)).FirstOrDefault() is { } file
            ? Names(file)
            : new Dictionary<string, string>();

    // A file that only happens to have such a name, such as a list of single words, names nothing and is no error.
    private static Dictionary<string, string> Names(string path)
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Listing.Lines(path) ?? [])
        {
            if (line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var id, var names])
            {
                words[id] = names.Split(',', 2)[0].TrimEnd();
            }
        }

        return words;
    }
}
