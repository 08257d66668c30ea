using nietras.SeparatedValues;

namespace AlexNetService.Worker.Classify;

/// <summary>Formats of answers: a table for people, a JSON object a line, or CSV with a row of headings (RFC 4180).</summary>
internal enum AnswerFormat
{
    Table,
    Jsonl,
    Csv,
}

internal static class AnswerText
{
    private const int ColumnsPerClass = 3;
    private const int LongestLabel = 60;
    private const string Unwritable = ",\"\n\r";

    /// <summary>The line before the first answer, with its end; empty if the format has none.</summary>
    public static string Heading(AnswerFormat format, int top) => format != AnswerFormat.Csv ? "" : Row(
    [
        "photograph",
        .. Enumerable.Range(1, top).SelectMany(rank => (string[])[$"id{rank}", $"label{rank}", $"probability{rank}"]),
        "confident", "expectedError", "error", "models", "crops",
    ]);

    /// <summary>An answer, with the end of its line.</summary>
    public static string Of(PhotographAnswer answer, AnswerFormat format, int top) => format switch
    {
        AnswerFormat.Jsonl => JsonSerializer.Serialize(answer, WorkerJson.Answer.PhotographAnswer) + "\n",
        AnswerFormat.Csv => Csv(answer, top),
        _ => Table(answer),
    };

    /// <summary>Reads a JSON line or a CSV row, without its classes; FormatException or JsonException if it is none.</summary>
    public static PhotographAnswer Read(string record, AnswerFormat format)
    {
        if (format == AnswerFormat.Csv)
        {
            return Fields(record) is [var photograph, .., var error, var models, var crops]
                && int.TryParse(crops, NumberStyles.None, null, out var views)
                ? new PhotographAnswer(photograph, null, error.Length > 0 ? error : null, models.Split(' '), views)
                : throw new FormatException("A row of answers ends with error, models and crops.");
        }

        var answer = JsonSerializer.Deserialize(record, WorkerJson.Answer.PhotographAnswer);
        return answer is { Photograph: not null, Models: not null }
            ? answer
            : throw new FormatException("A line of answers has photograph and models.");
    }

    private static string Table(PhotographAnswer answer)
    {
        var doubt = answer is { Confident: false, ExpectedError: { } error } ? $"  (not sure: {error:P0} of such answers are wrong)" : "";
        if (answer.Predictions is not { } predictions)
        {
            return $"{answer.Photograph}{doubt}\n  {answer.Error}\n";
        }

        var width = Math.Min(LongestLabel, predictions.Max(prediction => prediction.Label.Length));
        var lines = predictions.Select(each => $"  {each.Rank,3}  {each.Label.PadRight(width)}  {each.Probability,8:P2}\n");
        return $"{answer.Photograph}{doubt}\n{string.Concat(lines)}";
    }

    private static string Csv(PhotographAnswer answer, int top)
    {
        var classes = (answer.Predictions ?? []).SelectMany(prediction => (string[])
            [prediction.Id, prediction.Label, $"{prediction.Probability}"]).ToArray();
        return Row(
        [
            answer.Photograph,
            .. classes,
            .. Enumerable.Repeat("", (ColumnsPerClass * top) - classes.Length),
            answer.Confident switch { true => "true", false => "false", null => "" },
            $"{answer.ExpectedError}",
            answer.Error ?? "",
            string.Join(' ', answer.Models),
            $"{answer.Crops}",
        ]);
    }

    private static string Row(IEnumerable<string> fields) => string.Join(',', fields.Select(Quoted)) + "\n";

    private static string Quoted(string field) => field.AsSpan().IndexOfAny(Unwritable) < 0
        ? field
        : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string[] Fields(string row)
    {
        using var reader = Sep.New(',').Reader(options => options with { HasHeader = false, Unescape = true }).FromText(row);
        return reader.MoveNext() ? reader.Current[..].ToStringsArray() : [];
    }
}
