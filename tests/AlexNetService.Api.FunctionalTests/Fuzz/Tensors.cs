using System.Globalization;
using System.Text;

namespace AlexNetService.Api.FunctionalTests.Fuzz;

/// <summary>The body of a valid inference.</summary>
/// <param name="Body">JSON, and bytes behind it where there are any.</param>
/// <param name="JsonLength">Length of the JSON; null where it is the whole body.</param>
internal sealed record Tensors(byte[] Body, int? JsonLength)
{
    public static Tensors Json(string json) => new(Encoding.UTF8.GetBytes(json), null);

    /// <param name="input">The one input, an object that is still open.</param>
    /// <param name="bytes">Its bytes.</param>
    public static Tensors Binary(string input, byte[] bytes)
    {
        var json = Encoding.UTF8.GetBytes($$$"""{"inputs":[{{{input}}},"parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""");
        return new Tensors([.. json, .. bytes], json.Length);
    }

    /// <param name="moved">By how much the length that is named differs from the right one.</param>
    public IEnumerable<(string Name, string Value)> Headers(int moved) => JsonLength is { } length
        ? [("Inference-Header-Content-Length", (length + moved).ToString(CultureInfo.InvariantCulture))]
        : [];
}
