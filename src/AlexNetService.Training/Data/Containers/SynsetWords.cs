namespace AlexNetService.Training.Data.Containers;

/// <summary>Names of WordNet synsets, from the text file that people keep beside ImageNet: <c>n01440764 tench, Tinca tinca</c>.</summary>
internal static class SynsetWords
{
    private static readonly string[] Files = ["synset_words.txt", "LOC_synset_mapping.txt"];

    /// <summary>The names that lie in a folder, by synset; none where there is no such file.</summary>
    public static IReadOnlyDictionary<string, string> In(string folder)
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Files.Select(file => Path.Combine(folder, file)).Where(File.Exists).Take(1).SelectMany(File.ReadLines))
        {
            if (line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var synset, var name])
            {
                words[synset] = name;
            }
        }

        return words;
    }
}
