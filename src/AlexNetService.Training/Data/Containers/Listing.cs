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
    private static readonly string[] Endings = [".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".gif", ".tif", ".tiff"];

    /// <summary>Whether a file's name ends as that of a supported picture.</summary>
    public static bool IsPicture(string path) =>
        !Path.GetFileName(path).StartsWith('.') && Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>What the user should know, a sentence each.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>How many photographs at the end are held out, whatever share a run holds out; 0 if a share is.</summary>
    public int HeldOut { get; init; }

    /// <summary>Photographs with the index of their class, in the given order.</summary>
    /// <param name="name">Name of the data set, for messages.</param>
    /// <param name="labels">The classes by index.</param>
    /// <param name="entries">Path, length in bytes and index of the class of each photograph.</param>
    /// <param name="labelled">Whether two classes or more are needed.</param>
    /// <exception cref="DataSetException">There are fewer than two classes although they are needed.</exception>
    public static Listing OfLabels(
        string name, IReadOnlyList<ClassLabel> labels, IReadOnlyList<(string Path, long Bytes, int Label)> entries, bool labelled)
    {
        if (labelled && (labels.Count < 2 || entries.Count == 0))
        {
            throw new DataSetException(
                $"'{name}' holds {entries.Count} photographs in {labels.Count} classes. Add photographs of two classes or more.");
        }

        return new Listing(
            labels,
            [.. entries.Select(entry => new Photograph(entry.Path, entry.Label, entry.Bytes))],
            Hash(entries.Select(entry => string.Create(
                CultureInfo.InvariantCulture, $"{entry.Path}\0{entry.Bytes}\0{labels[entry.Label].Id}\n"))));
    }

    /// <summary>Classes with their names: the known name, or the identifier with spaces for its underscores.</summary>
    public static IReadOnlyList<ClassLabel> LabelsOf(IEnumerable<string> ids, IReadOnlyDictionary<string, string>? words = null) =>
        [.. ids.Select((id, place) => new ClassLabel(place, id, words?.GetValueOrDefault(id) ?? id.Replace('_', ' ')))];

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
