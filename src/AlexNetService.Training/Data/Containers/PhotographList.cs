using nietras.SeparatedValues;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// A CSV file with a photograph a line: <c>path,label</c>, separated by commas, semicolons or tabs, quoted where needed. Paths are relative
/// to the folder of the file, or absolute. The first line is a header if its first field neither is a file nor ends as the name of a
/// picture; columns named <c>path</c> and <c>label</c> are then used, wherever they are. Other columns are not read.
/// </summary>
internal static class PhotographList
{
    private static readonly string[] Endings = [".csv", ".tsv"];

    /// <summary>Opens the photographs that a file <c>….csv</c> or <c>….tsv</c> lists; null if the path is none.</summary>
    public static LabelledPhotographs? TryOpen(string path, bool labelled)
    {
        if (!File.Exists(path) || !Endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var folder = Listing.FolderOf(path);
        var (seen, entries) = (new Dictionary<string, int>(StringComparer.Ordinal), new List<(string Path, long Bytes, string Label)>());
        Read(path, folder, (number, file, label) =>
        {
            var found = new FileInfo(Path.Combine(folder, file));
            var reason =
                !found.Exists ? $"names '{file}', and there is no such file. Paths are relative to '{folder}'. Correct or remove the line."
                : labelled && label.Length == 0 ? $"has no label for '{file}'. Write path,label."
                : label.Contains('\n') ? "has a label of several lines. Close its quotation mark."
                : !seen.TryAdd(found.FullName, number)
                    ? $"names '{file}' again, after line {seen[found.FullName]}. Remove one of them."
                : null;
            if (reason is not null)
            {
                throw new DataSetException($"Line {number} of '{path}' {reason}");
            }

            entries.Add((file, found.Length, label));
        });

        var labels = Listing.SortedLabelsOf(entries.Select(entry => entry.Label));
        var index = labels.ToDictionary(label => label.Id, label => label.Index, StringComparer.Ordinal);
        Photograph[] photographs = [.. entries.Select(entry => new Photograph(entry.Path, index[entry.Label], entry.Bytes))];
        return Listing.OfLabels(
            Listing.NameOf(path), labels, photographs, labelled, photograph => FolderPhotographs.Read(folder, photograph));
    }

    /// <summary>Passes on number, path with '/' and label of each line that is not empty, a line at a time.</summary>
    private static void Read(string path, string folder, Action<int, string, string> line)
    {
        if (RegularFile.LengthOf(path) == 0)
        {
            return;
        }

        try
        {
            using var reader = Sep.Reader(options => options with
            {
                HasHeader = false,
                Unescape = true,
                Trim = SepTrim.All,
                DisableColCountCheck = true,
            }).FromFile(path);
            var (file, label, isFirst) = (0, 1, true);
            foreach (var row in reader)
            {
                var fields = row[..].ToStringsArray();
                if (fields.All(field => field.Length == 0))
                {
                    continue;
                }

                if (isFirst && fields is [var begin, ..] && !Listing.IsPicture(begin) && !File.Exists(Path.Combine(folder, begin)))
                {
                    (file, label) = (Column(fields, "path") ?? file, Column(fields, "label") ?? label);
                }
                else
                {
                    // Sep 0.17.1 counts one line too many for the first row.
                    line(
                        row.RowIndex == 0 ? 1 : row.LineNumberFrom,
                        fields.ElementAtOrDefault(file)?.Replace('\\', '/') ?? "",
                        fields.ElementAtOrDefault(label) ?? "");
                }

                isFirst = false;
            }
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or NotSupportedException)
        {
            throw new DataSetException($"'{path}' is not a CSV file: {e.Message}", e);
        }
    }

    private static int? Column(string[] fields, string name) =>
        Array.FindIndex(fields, field => field.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var place ? place : null;
}
