using System.Globalization;
using System.Text;

namespace AlexNetService.Api.FunctionalTests.Fuzz;

/// <summary>The body of a valid inference request.</summary>
/// <param name="Body">JSON, and the bytes that follow it.</param>
/// <param name="JsonLength">Length of the JSON, or null if no bytes follow.</param>
internal sealed record Tensors(byte[] Body, int? JsonLength)
{
    public static Tensors Json(string json) => new(Encoding.UTF8.GetBytes(json), null);

    /// <param name="input">The only input, a JSON object without its closing brace.</param>
    /// <param name="bytes">Its bytes.</param>
    public static Tensors Binary(string input, byte[] bytes)
    {
        var json = Encoding.UTF8.GetBytes($$$"""{"inputs":[{{{input}}},"parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""");
        return new Tensors([.. json, .. bytes], json.Length);
    }

    /// <param name="moved">Error of the announced length.</param>
    public IEnumerable<(string Name, string Value)> Headers(int moved) => JsonLength is { } length
        ? [("Inference-Header-Content-Length", (length + moved).ToString(CultureInfo.InvariantCulture))]
        : [];
}
