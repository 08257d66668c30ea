using System.Text.RegularExpressions;

namespace AlexNetService.Worker.Import;

/// <summary>
/// Reads the classes of imported weights from common files: a line a class (<c>id TAB name</c>, a WordNet synset and a name, or only a
/// name), a JSON list of names or of [id, name], or a JSON object of either by index, such as <c>imagenet_class_index.json</c>.
/// </summary>
internal static partial class LabelsFile
{
    /// <summary>Bytes; ImageNet's 1000 classes take 35 kB.</summary>
    private const int LargestFile = 16 << 20;

    /// <summary>Reads a file that must name a number of classes, each once.</summary>
    public static IReadOnlyList<ClassLabel> Read(string path, int classes)
    {
        var text = Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, LargestFile)).TrimStart('\uFEFF').Trim();
        var entries = text is ['[' or '{', ..] ? OfJson(path, text) : [.. text.Split('\n').Select(OfLine)];
        InputException.ThrowIf(entries.Count != classes, $"'{path}' names {entries.Count} classes; the weights have {classes}.");
        if (entries.FindIndex(entry => string.IsNullOrWhiteSpace(entry.Name)) is >= 0 and var empty)
        {
            throw new InputException($"'{path}' has no name for class {empty}.");
        }

        if (entries.Where(entry => entry.Id is not null).GroupBy(entry => entry.Id).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new InputException($"'{path}' has several classes '{twice.Key}'; identifiers must differ.");
        }

        // Names may be the same (ImageNet has two cranes); identifiers may not.
        var repeated = entries.CountBy(entry => entry.Name).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet();
        return [.. entries.Select((entry, index) => new ClassLabel(
            index, entry.Id ?? (repeated.Contains(entry.Name) ? $"{entry.Name}#{index}" : entry.Name), entry.Name))];
    }

    private static (string? Id, string Name) OfLine(string line)
    {
        line = line.Trim('\r', ' ');
        return line.Split('\t', 2) is [var id, var name] ? (id.Trim(), name.Trim())
            : Synset().IsMatch(line) ? (line[..line.IndexOf(' ')], line[line.IndexOf(' ')..].Trim())
            : (null, line);
    }

    private static List<(string? Id, string Name)> OfJson(string path, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Array)
            {
                return [.. json.RootElement.EnumerateArray().Select(OfValue)];
            }

            // A JsonElement searches its properties one by one.
            var byIndex = json.RootElement.EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);
            return [.. Enumerable.Range(0, byIndex.Count).Select(index => OfValue(byIndex[$"{index}"]))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new InputException($"'{path}' is neither a JSON list of names or [id, name] nor an object of them by index 0, 1, …");
        }
    }

    private static (string? Id, string Name) OfValue(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
            ? (value[0].GetString(), value[1].GetString() ?? "")
            : (null, value.GetString() ?? "");

    /// <summary>A line of ImageNet's <c>synset_words.txt</c>. Other names may begin with a word and a space: "tiger cat".</summary>
    [GeneratedRegex("^n[0-9]{8} ", RegexOptions.CultureInvariant)]
    private static partial Regex Synset();
}
