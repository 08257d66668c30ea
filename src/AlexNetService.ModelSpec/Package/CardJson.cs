using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetService.ModelSpec.Package;

/// <summary>How cards are written as JSON: camelCase, indented, labels readable (a card is a file, never part of a page).</summary>
[JsonSerializable(typeof(ModelCard))]
internal sealed partial class CardJson : JsonSerializerContext
{
    public static CardJson Format { get; } = Make(indented: true);

    /// <summary>The same on one line, for parts of a card inside other files.</summary>
    public static CardJson Line { get; } = Make(indented: false);

    private static CardJson Make(bool indented) => new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        RespectNullableAnnotations = true,
        // People and tools reorder keys; a layer's "kind" need not stand first.
        AllowOutOfOrderMetadataProperties = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
