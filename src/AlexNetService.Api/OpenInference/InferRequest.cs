using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetService.Api.OpenInference;

/// <summary>The JSON of an inference request.</summary>
/// <param name="Id">Comes back in the answer.</param>
/// <param name="Parameters">How to answer.</param>
/// <param name="Inputs">The tensors; the models here take one.</param>
/// <param name="Outputs">What is wanted; left out, all outputs.</param>
internal sealed record InferRequest(
    [property: JsonPropertyName("id")] string? Id,
    [property: JsonPropertyName("parameters")] RequestParameters? Parameters,
    [property: JsonPropertyName("inputs"), JsonConverter(typeof(ShortList<RequestInput>))] IReadOnlyList<RequestInput>? Inputs,
    [property: JsonPropertyName("outputs"), JsonConverter(typeof(ShortList<RequestOutput>))] IReadOnlyList<RequestOutput>? Outputs);

/// <summary>How to answer.</summary>
/// <param name="BinaryDataOutput">Whether outputs that do not say so themselves come as bytes behind the JSON.</param>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10; 10 where it is left out.</param>
internal sealed record RequestParameters(
    [property: JsonPropertyName("binary_data_output")] bool? BinaryDataOutput,
    [property: JsonPropertyName("crops")] int? Crops);

/// <summary>A tensor that is sent.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Parameters">Where its bytes are, if not in <paramref name="Data"/>.</param>
/// <param name="Data">Its elements, row by row: one flat list, or lists in lists as the shape says.</param>
internal sealed record RequestInput(
    [property: JsonPropertyName("name")] string? Name,
    [property: JsonPropertyName("shape"), JsonConverter(typeof(ShortList<long>))] IReadOnlyList<long>? Shape,
    [property: JsonPropertyName("datatype")] string? Datatype,
    [property: JsonPropertyName("parameters")] InputParameters? Parameters,
    [property: JsonPropertyName("data")] JsonSlice? Data);

/// <summary>Where the bytes of a tensor are.</summary>
/// <param name="BinaryDataSize">Bytes behind the JSON that are this tensor's.</param>
internal sealed record InputParameters([property: JsonPropertyName("binary_data_size")] long? BinaryDataSize);

/// <summary>A tensor that is wanted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">How it is wanted.</param>
internal sealed record RequestOutput(
    [property: JsonPropertyName("name")] string? Name,
    [property: JsonPropertyName("parameters")] OutputParameters? Parameters);

/// <summary>How a tensor is wanted.</summary>
/// <param name="BinaryData">Whether as bytes behind the JSON.</param>
/// <param name="Classification">How many classes, most probable first, each as <c>value:index:label</c>.</param>
/// <param name="SharedMemoryRegion">Triton's other way to hand over a tensor; refused, because the client would read there what nobody wrote.</param>
internal sealed record OutputParameters(
    [property: JsonPropertyName("binary_data")] bool? BinaryData,
    [property: JsonPropertyName("classification")] int? Classification,
    [property: JsonPropertyName("shared_memory_region")] string? SharedMemoryRegion);

/// <summary>
/// Where a value stands in the text that was parsed. Millions of numbers stay the text that they are until their type is known,
/// which may stand behind them.
/// </summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes.</param>
[JsonConverter(typeof(JsonSliceConverter))]
internal readonly record struct JsonSlice(int Start, int Length);

internal sealed class JsonSliceConverter : JsonConverter<JsonSlice>
{
    public override JsonSlice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var start = checked((int)reader.TokenStartIndex);
        reader.Skip();
        return new JsonSlice(start, checked((int)reader.BytesConsumed) - start);
    }

    public override void Write(Utf8JsonWriter writer, JsonSlice value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A list that nobody needs to be long, so that a request cannot grow in memory.</summary>
internal sealed class ShortList<T> : JsonConverter<IReadOnlyList<T>>
{
    public const int Limit = 16;

    public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        // Not the serializer itself, whose nested readers count bytes from the element they begin with.
        var (list, elements) = (new List<T>(), (JsonConverter<T>)options.GetConverter(typeof(T)));
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (list.Count == Limit || reader.TokenType == JsonTokenType.Null || elements.Read(ref reader, typeof(T), options) is not { } element)
            {
                throw new JsonException();
            }

            list.Add(element);
        }

        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) => throw new NotSupportedException();
}
