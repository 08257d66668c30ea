using System.Text.Json;

namespace AlexNetService.Api.Predict;

/// <summary>Reads the photographs of <c>{"instances": […]}</c>.</summary>
internal static class PredictBody
{
    private const string Instances = "instances";
    private const string Image = "image";
    private const string Base64 = "b64";

    /// <summary>
    /// Reads instances of the form <c>{"image": {"b64": "…"}}</c>, as KServe's examples send them, or <c>{"b64": "…"}</c>, as TensorFlow
    /// Serving takes bytes.
    /// </summary>
    public static Result<IReadOnlyList<ReadOnlyMemory<byte>>, Problem> Read(ReadOnlyMemory<byte> json, int maxInstances)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty(Instances, out var instances)
                || instances.ValueKind != JsonValueKind.Array)
            {
                return PredictProblems.Unreadable($"There is no list '{Instances}'. Send {PredictProblems.Example}.");
            }

            var count = instances.GetArrayLength();
            if (count == 0 || count > maxInstances)
            {
                return PredictProblems.Unreadable($"There are {count} instances. Send 1 to {maxInstances} in a request.");
            }

            var photographs = new List<ReadOnlyMemory<byte>>(count);
            foreach (var (place, instance) in instances.EnumerateArray().Index())
            {
                if (Photograph(instance) is not { } photograph)
                {
                    return PredictProblems.Unreadable(
                        $"Instance {place} is not a photograph in base64. Send {PredictProblems.Example}.");
                }

                photographs.Add(photograph);
            }

            return photographs;
        }
        catch (JsonException)
        {
            return PredictProblems.Unreadable($"The body is not JSON. Send {PredictProblems.Example}.");
        }
    }

    private static byte[]? Photograph(JsonElement instance)
    {
        var holder = Member(instance, Image) ?? instance;
        return Member(holder, Base64) is { ValueKind: JsonValueKind.String } text && text.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : null;
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;
}

/// <summary>Problems with instances.</summary>
internal static class PredictProblems
{
    public const string Example = """{"instances": [{"image": {"b64": "…"}}]}""";

    public static Problem Unreadable(string detail) => new(400, "The instances cannot be read", detail);

    /// <summary>A problem with one photograph, by its place.</summary>
    public static Problem Of(int place, Problem problem) => new(
        problem.Details.Status ?? StatusCodes.Status500InternalServerError,
        problem.Details.Title ?? "",
        $"Instance {place}: {problem.Details.Detail}")
    {
        RetryAfter = problem.RetryAfter,
    };

    /// <summary>An error of reading the body or of finding the model.</summary>
    public static Problem Of(ProtocolError error) => new(
        (int)error.Status,
        (int)error.Status switch
        {
            StatusCodes.Status404NotFound => "There is no such model",
            StatusCodes.Status413PayloadTooLarge => "The body is too large",
            StatusCodes.Status415UnsupportedMediaType => "Unsupported Media Type",
            _ => "The instances cannot be read",
        },
        error.Message);
}
