namespace AlexNetService.Training.Data.Containers;

internal static class Listing
{
    /// <summary>Largest text file beside a data set, in bytes.</summary>
    private const int LargestText = 16 << 20;

    private const int MostLines = 1_000_000;

    private const int MostListed = 5;

    public static bool IsPicture(string path) =>
        !Path.GetFileName(path).StartsWith('.')
        && ImageFormats.Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Name of a data set: the name of its folder, or of its file without the ending.</summary>
    public static string NameOf(string path) => Directory.Exists(path)
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))
        : Path.GetFileNameWithoutExtension(path);

    /// <summary>The folder at a path, or the folder of the file at the path.</summary>
    public static string FolderOf(string path) =>
        Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";

    /// <summary>The lines of a text file, trimmed and without empty ones; null if the file does not exist.</summary>
    public static string[]? Lines(string file) => File.Exists(file) ? Lines(file, ReadText(file)) : null;

    /// <summary>The lines of a text, trimmed and without empty ones. Its file is named if they are too many.</summary>
    public static string[] Lines(string file, byte[] text)
    {
        using var reader = new StreamReader(new MemoryStream(text));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Trim() is { Length: > 0 } trimmed)
            {
                lines.Add(lines.Count < MostLines
                    ? trimmed
                    : throw new DataSetException($"'{file}' has more than {MostLines} lines. Remove those that name no class."));
            }
        }

        return [.. lines];
    }

    public static byte[] ReadText(string file)
    {
        try
        {
            return RegularFile.LengthOf(file) == 0 && File.Exists(file) ? [] : RegularFile.ReadAllBytes(file, LargestText);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DataSetException(e.Message, e);
        }
    }

    /// <summary>The classes that a text file names, one a line, each once; null if the file does not exist.</summary>
    public static IReadOnlyList<ClassLabel>? ClassesIn(string file)
    {
        var names = Lines(file);
        return names?.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { Key: var twice }
            ? throw new DataSetException($"'{file}' names class '{twice}' twice. Write each class on one line.")
            : names is null ? null : LabelsOf(names);
    }

    public static void RequireSize(string path, long bytes)
    {
        if (Photograph.TooLarge(bytes) is { } reason)
        {
            throw new DataSetException($"'{path}' {reason}");
        }
    }

    /// <summary>A data set of photographs with the index of their class, in the given order.</summary>
    public static LabelledPhotographs OfLabels(
        string name,
        IReadOnlyList<ClassLabel> labels,
        IReadOnlyList<Photograph> photographs,
        bool labelled,
        Func<string, byte[]> read,
        params IReadOnlyList<IDisposable> files)
    {
        if (labelled && (labels.Count < 2 || photographs.Count == 0))
        {
            throw new DataSetException(
                $"'{name}' holds {photographs.Count} photographs in {labels.Count} classes. Add photographs of two classes or more.");
        }

        var hash = Hash(photographs.Select(photograph => $"{photograph.Path}\0{photograph.Bytes}\0{labels[photograph.Label].Id}\n"));
        return new LabelledPhotographs(name, labels, photographs, hash, read, files);
    }

    /// <summary>Classes with their names: the known name, or the identifier with spaces for its underscores.</summary>
    public static IReadOnlyList<ClassLabel> LabelsOf(IEnumerable<string> ids, IReadOnlyDictionary<string, string>? words = null) =>
        [.. ids.Select((id, place) => new ClassLabel(place, id, words?.GetValueOrDefault(id) ?? id.Replace('_', ' ')))];

    /// <summary>As <see cref="LabelsOf"/>, each class once and in ordinal order.</summary>
    public static IReadOnlyList<ClassLabel> SortedLabelsOf(IEnumerable<string> ids, IReadOnlyDictionary<string, string>? words = null) =>
        LabelsOf(ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), words);

    public static string Some(IReadOnlyList<string> items, string more = "more") =>
        string.Join(", ", items.Take(MostListed)) + (items.Count > MostListed ? $" and {items.Count - MostListed} {more}" : "");

    /// <summary>SHA-256 over lines, lower-case hexadecimal.</summary>
    public static string Hash(IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
