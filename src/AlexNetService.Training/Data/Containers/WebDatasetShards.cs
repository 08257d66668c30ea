using System.Globalization;
using System.Text;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// WebDataset shards: tars in which files with the same name up to the first dot belong together. <c>000042.jpg</c> is a photograph,
/// <c>000042.cls</c> its class, as a decimal index or as a name. The file <c>statistics.json</c> (of <c>alexnet prepare</c>) or
/// <c>classes.txt</c> (one class a line) beside the shards gives the indices their names. Photographs are in the order of their names;
/// <c>alexnet prepare</c> names them in the order of the original data set.
/// </summary>
internal static class WebDatasetShards
{
    private const string Classes = "classes.txt";
    private const int LargestIndex = 1_000_000;
    private const int LongestClass = 1024;

    /// <summary>Whether a tar holds <c>.cls</c> files.</summary>
    public static bool RecognisesFile(string path) => TarArchive.Recognises(path) && HasClasses(path);

    /// <summary>Whether a folder was made by <c>alexnet prepare</c>, or its first tar holds <c>.cls</c> files.</summary>
    public static bool RecognisesFolder(string path) =>
        PreparationPlan.IsIn(path) || PreparedStatistics.IsIn(path) || (TarArchive.In(path) is [var first, ..] && HasClasses(first));

    /// <summary>Opens one shard.</summary>
    /// <exception cref="DataSetException">The shard is damaged, or a photograph has no class.</exception>
    public static LabelledPhotographs OpenFile(string path, bool labelled)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        var labels = PreparedStatistics.IsIn(folder) ? PreparedStatistics.Read(folder).Labels : ClassesIn(folder);
        return Open(Path.GetFileNameWithoutExtension(path), [path], labels, prepared: null, labelled);
    }

    /// <summary>Opens a folder of shards. Where <c>alexnet prepare</c> made them, each must be complete.</summary>
    /// <exception cref="DataSetException">A shard is missing or damaged, or a photograph has no class.</exception>
    public static LabelledPhotographs OpenFolder(string path, bool labelled)
    {
        if (!PreparedStatistics.IsIn(path))
        {
            return !PreparationPlan.IsIn(path)
                ? Open(FolderPhotographs.NameOf(path), TarArchive.In(path), ClassesIn(path), prepared: null, labelled)
                : throw new DataSetException(
                    $"'{path}' is not fully prepared. Run the same 'alexnet prepare' again; it continues where it stopped.");
        }

        var prepared = PreparedStatistics.Read(path);
        prepared.RequireShards(path);
        var shards = prepared.Shards.Select(shard => Path.Combine(path, shard.File));
        return Open(prepared.Source, [.. shards], prepared.Labels, prepared, labelled);
    }

    private static TarPhotographs Open(
        string name, IReadOnlyList<string> files, IReadOnlyList<ClassLabel>? labels, PreparedStatistics? prepared, bool labelled) =>
        TarPhotographs.Open(name, files, tars => List(name, tars, labels, labelled), prepared);

    private static (Listing Listing, IReadOnlyDictionary<string, TarItem> Places) List(
        string name, IReadOnlyList<TarArchive> tars, IReadOnlyList<ClassLabel>? labels, bool labelled)
    {
        var byShard = new Sample[tars.Count][];
        InParallel.For(tars.Count, Environment.ProcessorCount, i => byShard[i] = [.. Samples(tars[i], labelled)]);
        var samples = byShard.SelectMany(shard => shard)
            .OrderBy(sample => sample.Key, StringComparer.Ordinal).ThenBy(sample => sample.Path, StringComparer.Ordinal).ToArray();
        labels ??= LabelsOf(samples);
        var index = labels.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
        var places = new Dictionary<string, TarItem>(samples.Length, StringComparer.Ordinal);
        foreach (var sample in samples)
        {
            places[sample.Path] = sample.Item;
        }

        var entries = samples.Select(sample => (sample.Path, sample.Item.Length, Label(sample, labels, index))).ToArray();
        return (Listing.OfLabels(name, labels, entries, labelled), places);
    }

    private static IEnumerable<Sample> Samples(TarArchive tar, bool labelled)
    {
        var pictures = new Dictionary<string, TarItem>(StringComparer.Ordinal);
        var classes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in tar.Items())
        {
            if (Listing.IsPicture(item.Name))
            {
                pictures[KeyOf(item.Name)] = item;
            }
            else if (IsClass(item.Name))
            {
                classes[KeyOf(item.Name)] = item.Length is > 0 and <= LongestClass
                    ? Encoding.UTF8.GetString(tar.Read(item)).Trim()
                    : throw new DataSetException(
                        $"'{item.Name}' of '{tar.FilePath}' has {item.Length} bytes; a .cls file holds a class index or a class name.");
            }
        }

        foreach (var (key, item) in pictures)
        {
            if (!classes.TryGetValue(key, out var text) && labelled)
            {
                throw new DataSetException(
                    $"'{item.Name}' of '{tar.FilePath}' has no '{key}.cls' beside it in the shard. Write the shard again.");
            }

            yield return new Sample(key, $"{tar.Name}/{item.Name}", item, text ?? "");
        }
    }

    /// <summary>The classes that occur in the shards: all indices up to the largest, or the names in ordinal order.</summary>
    private static IReadOnlyList<ClassLabel> LabelsOf(Sample[] samples)
    {
        var indices = samples.Select(sample => IndexOf(sample.Class)).ToArray();
        return indices.All(index => index is >= 0 and <= LargestIndex)
            ? Listing.LabelsOf(
                Enumerable.Range(0, indices.DefaultIfEmpty(-1).Max() + 1).Select(index => index.ToString(CultureInfo.InvariantCulture)))
            : Listing.LabelsOf(samples.Select(sample => sample.Class).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    private static int Label(Sample sample, IReadOnlyList<ClassLabel> labels, Dictionary<string, int> index)
    {
        if (IndexOf(sample.Class) is >= 0 and var number && number < labels.Count)
        {
            return number;
        }

        return index.TryGetValue(sample.Class, out var label)
            ? label
            : throw new DataSetException(
                $"The .cls of '{sample.Path}' in '{sample.Item.Tar.FilePath}' says '{sample.Class}', "
                + $"which is not one of the {labels.Count} classes. Correct it, or {Classes}.");
    }

    private static int IndexOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;

    private static IReadOnlyList<ClassLabel>? ClassesIn(string folder) => Path.Combine(folder, Classes) is var file && File.Exists(file)
        ? Listing.LabelsOf(File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0))
        : null;

    private static bool HasClasses(string path) => TarArchive.FirstNames(path).Any(IsClass);

    private static bool IsClass(string name) => name.EndsWith(".cls", StringComparison.Ordinal);

    /// <summary>The path up to the first dot of the file's name.</summary>
    private static string KeyOf(string name)
    {
        var file = name.LastIndexOf('/') + 1;
        return name[..name.IndexOf('.', file)];
    }

    /// <summary>A photograph with its class.</summary>
    private readonly record struct Sample(string Key, string Path, TarItem Item, string Class);
}
