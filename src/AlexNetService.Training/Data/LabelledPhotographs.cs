using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Training.Data;

/// <summary>
/// A labelled data set, read in place: encoded photographs, each in the folder of its class. Reading is safe from many threads.
/// </summary>
public abstract class LabelledPhotographs : IDisposable
{
    private static readonly string[] Endings = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff"];

    /// <summary>A data set of entries that look like <c>class/…/file.jpg</c>.</summary>
    /// <param name="name">Name of the data set, for cards and messages.</param>
    /// <param name="entries">Every entry's path with '/' and its length in bytes; those that are no pictures are left out.</param>
    /// <param name="labelled">Whether there must be classes to tell apart; without, any photographs will do.</param>
    /// <exception cref="DataSetException">Fewer than two classes where there must be.</exception>
    protected LabelledPhotographs(string name, IEnumerable<(string Path, long Bytes)> entries, bool labelled)
    {
        Name = name;
        var pictures = entries.Where(entry => IsPicture(entry.Path)).OrderBy(entry => entry.Path, StringComparer.Ordinal).ToArray();
        var depth = SharedDepth(pictures);
        var classes = pictures.Select(entry => ClassOf(entry.Path, depth)).Distinct(StringComparer.Ordinal).ToArray();
        if (labelled && classes.Length < 2)
        {
            throw new DataSetException(
                $"'{name}' holds {pictures.Length} photographs in {classes.Length} classes. Put each class's photographs in a folder of its own: class/photo.jpg.");
        }

        if (labelled && pictures.FirstOrDefault(entry => ClassOf(entry.Path, depth).Length == 0) is { Path: { } stray })
        {
            throw new DataSetException($"'{stray}' of '{name}' lies in no class folder. Move it into one, or out of the data set.");
        }

        var index = classes.Select((id, place) => (id, place)).ToDictionary(pair => pair.id, pair => pair.place, StringComparer.Ordinal);
        Labels = [.. classes.Select((id, place) => new ClassLabel(place, id, id.Replace('_', ' ')))];
        Photographs = [.. pictures.Select(entry => new Photograph(entry.Path, index[ClassOf(entry.Path, depth)]))];
        Sha256 = Hash(pictures);
    }

    /// <summary>Name of the data set, without its path.</summary>
    public string Name { get; }

    /// <summary>The classes, in ordinal order of their folders.</summary>
    public IReadOnlyList<ClassLabel> Labels { get; }

    /// <summary>The photographs, in ordinal order of their paths.</summary>
    public IReadOnlyList<Photograph> Photographs { get; }

    /// <summary>SHA-256 over each photograph's path and length, lower-case hexadecimal: tells one data set from another quickly.</summary>
    public string Sha256 { get; }

    /// <summary>Reads a photograph's bytes.</summary>
    /// <param name="path">Path of the photograph inside the data set.</param>
    /// <exception cref="DataSetException">It cannot be read any more.</exception>
    public abstract byte[] Read(string path);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Divides the photographs into those to learn from and those held out: in each class every ⌈1/fraction⌉-th or so, spread
    /// evenly over the paths in order. The same fraction always holds out the same photographs, whatever the seed of a run, so that
    /// members of an ensemble are judged on photographs none of them saw.
    /// </summary>
    /// <param name="fraction">Share held out, 0 to below 1.</param>
    public (IReadOnlyList<Photograph> Training, IReadOnlyList<Photograph> HeldOut) Split(double fraction)
    {
        var (training, heldOut, seen) = (new List<Photograph>(), new List<Photograph>(), new int[Labels.Count]);
        foreach (var photograph in Photographs)
        {
            var place = seen[photograph.Label]++;
            var into = Math.Floor((place + 1) * fraction) > Math.Floor(place * fraction) ? heldOut : training;
            into.Add(photograph);
        }

        return (training, heldOut);
    }

    /// <summary>Releases what reading needs.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    private static bool IsPicture(string path) =>
        !Path.GetFileName(path).StartsWith('.') && Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static string ClassOf(string path, int depth) => path.Split('/')[..^1].ElementAtOrDefault(depth) ?? "";

    /// <summary>How many leading folders all photographs share: an archive of one top folder keeps its classes below it.</summary>
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

    private static string Hash((string Path, long Bytes)[] pictures)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, bytes) in pictures)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path}\0{bytes}\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>One photograph of a data set.</summary>
/// <param name="Path">Path inside the data set, with '/'.</param>
/// <param name="Label">Index of its class.</param>
public sealed record Photograph(string Path, int Label);

/// <summary>A data set that cannot be used, with what to do about it.</summary>
public sealed class DataSetException : Exception
{
    /// <summary>A data set that cannot be used.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="cause">The failure underneath, if any.</param>
    public DataSetException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
