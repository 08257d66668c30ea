using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetService.OpenInference;

/// <summary>A parsed inference request and the bytes that its tensors refer to.</summary>
/// <param name="Request">The request.</param>
/// <param name="Json">The JSON text that <see cref="RequestInput.Data"/> points into; empty if no input does.</param>
/// <param name="Binary">The bytes that <see cref="InputParameters.BinaryDataSize"/> counts.</param>
public sealed record InferCall(InferRequest Request, ReadOnlyMemory<byte> Json, ReadOnlyMemory<byte> Binary)
{
    // The path of an error contains names from the request.
    private const int MaxPath = 200;

    /// <summary>Is told the bytes that tensors and the answer are about to take; may refuse them with an exception.</summary>
    public Action<long> Reserve { get; init; } = static _ => { };

    /// <summary>Parses a request whose JSON is followed by the bytes of tensors.</summary>
    /// <param name="body">JSON and bytes; must stay unchanged as long as the call is used.</param>
    /// <param name="jsonLength">Bytes of the JSON, at most those of the body.</param>
    public static Result<InferCall, ProtocolError> Parse(ReadOnlyMemory<byte> body, int jsonLength)
    {
        try
        {
            return JsonSerializer.Deserialize<InferRequest>(body.Span[..jsonLength]) is { } request
                ? new InferCall(request, body[..jsonLength], body[jsonLength..])
                : ProtocolError.Invalid("The body is null. Send an object with inputs.");
        }
        catch (JsonException e)
        {
            return ProtocolError.Invalid(
                $"The JSON cannot be read at {PathOf(e)}. Send the value that the Open Inference Protocol defines there; "
                + $"a list may have at most {ShortList<long>.Limit} elements, and a text at most {ShortText.Limit} bytes.");
        }
    }

    private static string PathOf(JsonException e) => e.Path switch
    {
        null => "its beginning",
        { Length: > MaxPath } path => path[..MaxPath] + "…",
        var path => path,
    };
}

/// <summary>The JSON of an inference request.</summary>
/// <param name="Id">Returned with the answer; at most 1,024 bytes.</param>
/// <param name="Parameters">Options of the request.</param>
/// <param name="Inputs">The input tensors; models here take one.</param>
/// <param name="Outputs">The requested outputs; if left out, the probabilities.</param>
public sealed record InferRequest(
    [property: JsonPropertyName("id"), JsonConverter(typeof(ShortText))] string? Id,
    [property: JsonPropertyName("parameters")] RequestParameters? Parameters,
    [property: JsonPropertyName("inputs"), JsonConverter(typeof(ShortList<RequestInput>))] IReadOnlyList<RequestInput>? Inputs,
    [property: JsonPropertyName("outputs"), JsonConverter(typeof(ShortList<RequestOutput>))] IReadOnlyList<RequestOutput>? Outputs);

/// <summary>Options of a request.</summary>
/// <param name="BinaryDataOutput">Whether outputs without binary_data of their own are returned as bytes after the JSON.</param>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10; default 10.</param>
/// <param name="Timeout">
/// Microseconds until the request must begin to run, if that is sooner than Queue:DeadlineMs; 0, the default, means no limit of its own.
/// </param>
/// <param name="Priority">Must be 0: there are no priorities.</param>
/// <param name="SequenceId">Must be 0 or empty: models have no state between requests.</param>
/// <param name="SequenceStart">Must be false.</param>
/// <param name="SequenceEnd">Must be false.</param>
public sealed record RequestParameters(
    [property: JsonPropertyName("binary_data_output")] bool? BinaryDataOutput = null,
    [property: JsonPropertyName("crops")] int? Crops = null,
    [property: JsonPropertyName("timeout")] long? Timeout = null,
    [property: JsonPropertyName("priority")] ulong? Priority = null,
    [property: JsonPropertyName("sequence_id"), JsonConverter(typeof(SequenceIdConverter))] string? SequenceId = null,
    [property: JsonPropertyName("sequence_start")] bool? SequenceStart = null,
    [property: JsonPropertyName("sequence_end")] bool? SequenceEnd = null);

/// <summary>An input tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Datatype">Its element type.</param>
/// <param name="Parameters">Where its bytes are, if not in <paramref name="Data"/>.</param>
/// <param name="Data">Its elements, row by row: one flat list, or lists nested as the shape says.</param>
/// <remarks>A transport without JSON sets <see cref="Raw"/> or <see cref="Elements"/> in place of the last two.</remarks>
public sealed record RequestInput(
    [property: JsonPropertyName("name"), JsonConverter(typeof(ShortText))] string? Name,
    [property: JsonPropertyName("shape"), JsonConverter(typeof(ShortList<long>))] IReadOnlyList<long>? Shape,
    [property: JsonPropertyName("datatype"), JsonConverter(typeof(ShortText))] string? Datatype,
    [property: JsonPropertyName("parameters")] InputParameters? Parameters,
    [property: JsonPropertyName("data")] JsonSlice? Data)
{
    /// <summary>Its elements in the protocol's binary form, or null.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte>? Raw { get; init; }

    /// <summary>The elements of a BYTES tensor one by one, or null.</summary>
    [JsonIgnore]
    public IReadOnlyList<ReadOnlyMemory<byte>>? Elements { get; init; }
}

/// <summary>Where the bytes of a tensor are.</summary>
/// <param name="BinaryDataSize">Number of this tensor's bytes after the JSON.</param>
/// <param name="SharedMemoryRegion">Triton's shared memory, which is refused.</param>
public sealed record InputParameters(
    [property: JsonPropertyName("binary_data_size")] long? BinaryDataSize = null,
    [property: JsonPropertyName("shared_memory_region"), JsonConverter(typeof(ShortText))] string? SharedMemoryRegion = null);

/// <summary>A requested output.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Parameters">How to return it.</param>
public sealed record RequestOutput(
    [property: JsonPropertyName("name"), JsonConverter(typeof(ShortText))] string? Name,
    [property: JsonPropertyName("parameters")] OutputParameters? Parameters);

/// <summary>How to return an output.</summary>
/// <param name="BinaryData">Whether to return it as bytes after the JSON.</param>
/// <param name="Classification">Number of classes to return, most probable first, each as <c>value:index:label</c>.</param>
/// <param name="SharedMemoryRegion">Triton's shared memory, which is refused: the client would read a region that nothing wrote.</param>
public sealed record OutputParameters(
    [property: JsonPropertyName("binary_data")] bool? BinaryData = null,
    [property: JsonPropertyName("classification")] int? Classification = null,
    [property: JsonPropertyName("shared_memory_region"), JsonConverter(typeof(ShortText))] string? SharedMemoryRegion = null);

/// <summary>
/// The place of a value in the parsed text. Millions of numbers stay text until their datatype is known, which may follow them.
/// </summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes.</param>
[JsonConverter(typeof(JsonSliceConverter))]
public readonly record struct JsonSlice(int Start, int Length);

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

/// <summary>Reads a text of limited length: a long one would take memory as text, and again in the answer or in an error.</summary>
internal sealed class ShortText : JsonConverter<string>
{
    /// <summary>Most bytes of UTF-8, escapes included.</summary>
    public const int Limit = 1024;

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
        && (reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) <= Limit
            ? reader.GetString()
            : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Reads the id of a sequence, which clients send as a number or a string.</summary>
internal sealed class SequenceIdConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= ShortText.Limit ? reader.GetString()
        : reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out var number) ? number.ToString(CultureInfo.InvariantCulture)
        : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Reads a list of limited length, which bounds the memory that a request can take.</summary>
internal sealed class ShortList<T> : JsonConverter<IReadOnlyList<T>>
{
    public const int Limit = 16;

    public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        // The converter is called directly: the serializer's nested readers would count bytes from the element instead of the text.
        var (list, elements) = (new List<T>(), (JsonConverter<T>)options.GetConverter(typeof(T)));
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (list.Count == Limit
                || reader.TokenType == JsonTokenType.Null
                || elements.Read(ref reader, typeof(T), options) is not { } element)
            {
                throw new JsonException();
            }

            list.Add(element);
        }

        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) =>
        throw new NotSupportedException();
}
