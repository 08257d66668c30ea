using System.Globalization;
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

    /// <summary>
    /// Opens one shard, or a folder of shards; null if the path holds none. Where <c>alexnet prepare</c> made the folder, each shard must
    /// be complete.
    /// </summary>
    public static LabelledPhotographs? TryOpen(string path, bool labelled)
    {
        var folder = Listing.FolderOf(path);
        var isPrepared = PreparedStatistics.IsIn(folder);
        var isPreparedFolder = isPrepared && folder == path;
        if (!isPreparedFolder && PreparationPlan.IsIn(path))
        {
            throw new DataSetException(
                $"'{path}' is not fully prepared. Run the same 'alexnet prepare' again; it continues where it stopped.");
        }

        var shards = folder == path ? TarArchive.In(path) : TarArchive.Recognises(path) ? [path] : [];
        if (!isPreparedFolder && !(shards is [var first, ..] && TarArchive.FirstNames(first).Any(IsClass)))
        {
            return null;
        }

        var statistics = isPrepared ? PreparedStatistics.Read(folder) : null;
        var prepared = isPreparedFolder ? statistics : null;
        prepared?.RequireShards(path);
        var labels = statistics?.Labels ?? Listing.ClassesIn(Path.Combine(folder, Classes));
        var opened = TarPhotographs.Open(
            prepared?.Shards.Select(shard => Path.Combine(path, shard.File)) ?? shards,
            tars => List(prepared?.Source ?? Listing.NameOf(path), tars, labels, labelled));
        opened.Prepared = prepared;
        return opened;
    }

    private static LabelledPhotographs List(
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

        Photograph[] photographs =
            [.. samples.Select(sample => new Photograph(sample.Path, Label(sample, labels, index), sample.Item.Length))];
        return Listing.OfLabels(name, labels, photographs, labelled, photograph => places[photograph].Read(), [.. tars]);
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
            : Listing.SortedLabelsOf(samples.Select(sample => sample.Class));
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

    private static bool IsClass(string name) => name.EndsWith(".cls", StringComparison.Ordinal);

    private static string KeyOf(string name)
    {
        var file = name.LastIndexOf('/') + 1;
        return name[..name.IndexOf('.', file)];
    }

    private readonly record struct Sample(string Key, string Path, TarItem Item, string Class);
}
