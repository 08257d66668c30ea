using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AlexNetService.Worker.Classify;

/// <summary>Formats of answers.</summary>
internal enum AnswerFormat
{
    /// <summary>For people: the photograph, and a line for each class.</summary>
    Table,

    /// <summary>A JSON object a line.</summary>
    Jsonl,

    /// <summary>Comma-separated values, a row a photograph, after a row of headings (RFC 4180).</summary>
    Csv,
}

/// <summary>Answers as text, and back.</summary>
internal static class AnswerText
{
    private const int ColumnsPerClass = 3;
    private const int LongestLabel = 60;
    private const string Unwritable = ",\"\n\r";

    /// <summary>The line before the first answer, with its end; empty if the format has none.</summary>
    /// <param name="format">The format.</param>
    /// <param name="top">Classes of an answer.</param>
    public static string Heading(AnswerFormat format, int top) => format != AnswerFormat.Csv ? "" : Row(
    [
        "photograph",
        .. Enumerable.Range(1, top).SelectMany(rank => (string[])[$"id{rank}", $"label{rank}", $"probability{rank}"]),
        "confident", "expectedError", "error", "models", "crops",
    ]);

    /// <summary>An answer, with the end of its line.</summary>
    public static string Of(PhotographAnswer answer, AnswerFormat format, int top) => format switch
    {
        AnswerFormat.Jsonl => JsonSerializer.Serialize(answer, AnswerJson.Line.PhotographAnswer) + "\n",
        AnswerFormat.Csv => Csv(answer, top),
        _ => Table(answer),
    };

    /// <summary>Reads a JSON line or a CSV row; of a row, the classes are left out.</summary>
    /// <exception cref="FormatException">It is not an answer.</exception>
    public static PhotographAnswer Read(string record, AnswerFormat format)
    {
        if (format == AnswerFormat.Csv)
        {
            return Fields(record) is [var photograph, .., var error, var models, var crops]
                && int.TryParse(crops, NumberStyles.None, CultureInfo.InvariantCulture, out var views)
                ? new PhotographAnswer(photograph, null, error.Length > 0 ? error : null, models.Split(' '), views)
                : throw new FormatException("A row of answers ends with error, models and crops.");
        }

        try
        {
            return JsonSerializer.Deserialize(record, AnswerJson.Line.PhotographAnswer) is { Photograph: not null, Models: not null } answer
                ? answer
                : throw new FormatException("A line of answers has photograph and models.");
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static string Table(PhotographAnswer answer)
    {
        var text = new StringBuilder().Append(answer.Photograph).Append(
            answer is { Confident: false, ExpectedError: { } error }
                ? string.Create(CultureInfo.InvariantCulture, $"  (not sure: {error:P0} of such answers are wrong)\n")
                : "\n");
        if (answer.Predictions is null)
        {
            return text.Append("  ").Append(answer.Error).Append('\n').ToString();
        }

        var width = Math.Min(LongestLabel, answer.Predictions.Max(prediction => prediction.Label.Length));
        foreach (var (rank, _, _, label, probability) in answer.Predictions)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {rank,3}  {label.PadRight(width)}  {probability,8:P2}\n");
        }

        return text.ToString();
    }

    private static string Csv(PhotographAnswer answer, int top)
    {
        var classes = (answer.Predictions ?? []).SelectMany(prediction => (string[])
            [prediction.Id, prediction.Label, prediction.Probability.ToString(CultureInfo.InvariantCulture)]).ToArray();
        return Row(
        [
            answer.Photograph,
            .. classes,
            .. Enumerable.Repeat("", (ColumnsPerClass * top) - classes.Length),
            answer.Confident switch { true => "true", false => "false", null => "" },
            answer.ExpectedError?.ToString(CultureInfo.InvariantCulture) ?? "",
            answer.Error ?? "",
            string.Join(' ', answer.Models),
            answer.Crops.ToString(CultureInfo.InvariantCulture),
        ]);
    }

    private static string Row(IEnumerable<string> fields) => string.Join(',', fields.Select(Quoted)) + "\n";

    private static string Quoted(string field) => field.AsSpan().IndexOfAny(Unwritable) < 0
        ? field
        : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<string> Fields(string row)
    {
        var (fields, field, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < row.Length; i++)
        {
            if (row[i] == '"' && quoted && i + 1 < row.Length && row[i + 1] == '"')
            {
                field.Append(row[i++]);
            }
            else if (row[i] == '"')
            {
                quoted = !quoted;
            }
            else if (row[i] == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(row[i]);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
