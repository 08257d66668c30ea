using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Training.Data.Containers;

/// <summary>The content of a container: its classes, and its photographs in a fixed order.</summary>
/// <param name="Labels">The classes by index.</param>
/// <param name="Photographs">The photographs.</param>
/// <param name="Sha256">Hash over names and lengths, lower-case hexadecimal.</param>
internal sealed record Listing(IReadOnlyList<ClassLabel> Labels, IReadOnlyList<Photograph> Photographs, string Sha256)
{
    private const int SynsetLength = 9;
    private static readonly string[] Endings = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff"];

    /// <summary>Whether a file's name ends as that of a supported picture.</summary>
    public static bool IsPicture(string path) =>
        !Path.GetFileName(path).StartsWith('.') && Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Photographs in one folder for each class, in ordinal order of their paths. Where there are no folders and every file is named
    /// <c>nNNNNNNNN_…</c>, as in ImageNet, that synset is the class.
    /// </summary>
    /// <param name="name">Name of the data set, for messages.</param>
    /// <param name="entries">Path with '/' and length in bytes of each entry; entries that are not pictures are left out.</param>
    /// <param name="labelled">Whether two classes or more are needed; otherwise any photographs will do.</param>
    /// <exception cref="DataSetException">There are fewer than two classes although they are needed.</exception>
    public static Listing OfFolders(string name, IEnumerable<(string Path, long Bytes)> entries, bool labelled)
    {
        var pictures = entries.Where(entry => IsPicture(entry.Path)).OrderBy(entry => entry.Path, StringComparer.Ordinal).ToArray();
        var areSynsets = pictures.All(entry => !entry.Path.Contains('/') && BeginsWithSynset(entry.Path));
        var depth = areSynsets ? 0 : SharedDepth(pictures);
        string ClassAt(string path) => areSynsets ? path[..SynsetLength] : ClassOf(path, depth);
        var ids = pictures.Select(entry => ClassAt(entry.Path)).ToArray();
        var classes = ids.Distinct(StringComparer.Ordinal).ToArray();
        RequireClasses(name, pictures.Length, classes.Length, labelled, "Put the photographs of each class in a folder: class/photo.jpg.");
        if (labelled && Array.IndexOf(ids, "") is >= 0 and var stray)
        {
            throw new DataSetException(
                $"'{pictures[stray].Path}' of '{name}' is not in a class folder. Move it into one, or out of the data set.");
        }

        var index = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        return new Listing(
            LabelsOf(classes),
            [.. pictures.Select((entry, place) => new Photograph(entry.Path, index[ids[place]]))],
            Hash(pictures.Select(entry => $"{entry.Path}\0{entry.Bytes}\n")));
    }

    /// <summary>Photographs with the index of their class, in the given order.</summary>
    /// <param name="name">Name of the data set, for messages.</param>
    /// <param name="labels">The classes by index.</param>
    /// <param name="entries">Path, length in bytes and index of the class of each photograph.</param>
    /// <param name="labelled">Whether two classes or more are needed.</param>
    /// <exception cref="DataSetException">There are fewer than two classes although they are needed.</exception>
    public static Listing OfLabels(
        string name, IReadOnlyList<ClassLabel> labels, IReadOnlyList<(string Path, long Bytes, int Label)> entries, bool labelled)
    {
        RequireClasses(name, entries.Count, labels.Count, labelled, "Add photographs of two classes or more.");
        return new Listing(
            labels,
            [.. entries.Select(entry => new Photograph(entry.Path, entry.Label))],
            Hash(entries.Select(entry => string.Create(
                CultureInfo.InvariantCulture, $"{entry.Path}\0{entry.Bytes}\0{labels[entry.Label].Id}\n"))));
    }

    /// <summary>Classes with their names: the known name, or the identifier with spaces for its underscores.</summary>
    public static IReadOnlyList<ClassLabel> LabelsOf(IEnumerable<string> ids, IReadOnlyDictionary<string, string>? words = null) =>
        [.. ids.Select((id, place) => new ClassLabel(place, id, words?.GetValueOrDefault(id) ?? id.Replace('_', ' ')))];

    private static void RequireClasses(string name, int photographs, int classes, bool labelled, string advice)
    {
        if (labelled && (classes < 2 || photographs == 0))
        {
            throw new DataSetException($"'{name}' holds {photographs} photographs in {classes} classes. {advice}");
        }
    }

    /// <summary>Whether a name begins with a WordNet identifier and an underscore: <c>n02123045_</c>.</summary>
    private static bool BeginsWithSynset(string path) =>
        path.Length > SynsetLength && path[0] == 'n' && path[SynsetLength] == '_' && path[1..SynsetLength].All(char.IsAsciiDigit);

    private static string ClassOf(string path, int depth) => path.Split('/')[..^1].ElementAtOrDefault(depth) ?? "";

    /// <summary>How many leading folders all photographs share: an archive with one top folder has its classes below it.</summary>
    private static int SharedDepth((string Path, long Bytes)[] pictures)
    {
        var depth = 0;
        while (pictures.Length > 0
            && pictures.All(entry => entry.Path.Split('/').Length > depth + 2)
            && pictures.Select(entry => ClassOf(entry.Path, depth)).Distinct(StringComparer.Ordinal).Count() == 1)
        {
            depth++;
        }

        return depth;
    }

    private static string Hash(IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
