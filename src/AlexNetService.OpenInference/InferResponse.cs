using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Serialization;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.OpenInference;

/// <summary>The JSON of an inference answer.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="ModelName">Name of the model that answered.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Outputs">The tensors.</param>
public sealed record InferResponse(
    [property: JsonPropertyName("id")] string? Id,
    [property: JsonPropertyName("model_name")] string ModelName,
    [property: JsonPropertyName("model_version")] string ModelVersion,
    [property: JsonPropertyName("outputs")] IReadOnlyList<ResponseOutput> Outputs)
{
    /// <summary>Number of crops or photographs.</summary>
    [JsonIgnore]
    public int Rows { get; init; }

    /// <summary>Where the time went.</summary>
    [JsonIgnore]
    public InferenceTiming Timing { get; init; }

    /// <summary>Time to make the tensors.</summary>
    [JsonIgnore]
    public TimeSpan OutputTime { get; init; }
}

/// <summary>A tensor of the answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">FP32, or BYTES if classes were requested.</param>
/// <param name="Shape">Rows, then values or classes.</param>
/// <param name="Parameters">Number of its bytes after the JSON, if it was requested in binary.</param>
/// <param name="Data">Its elements, row by row, if it was not: numbers, or strings if classes were requested.</param>
public sealed record ResponseOutput(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("datatype")] string Datatype,
    [property: JsonPropertyName("shape")] IReadOnlyList<long> Shape,
    [property: JsonPropertyName("parameters")] InputParameters? Parameters,
    [property: JsonPropertyName("data")] object? Data)
{
    /// <summary>Its elements, if it was requested in binary: little-endian floats, or strings that follow their lengths.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Binary { get; private init; }

    /// <summary>Renders values [rows,values] as requested.</summary>
    /// <exception cref="TensorException">A value has no JSON.</exception>
    internal static ResponseOutput Of(WantedOutput wanted, int rows, float[] values, IReadOnlyList<ClassLabel> labels)
    {
        var strings = wanted.Classes == 0 ? null : Classification(values, wanted, labels);
        var output = new ResponseOutput(
            wanted.Output.Name,
            strings is null ? Datatypes.Float32 : Datatypes.Bytes,
            [rows, strings is null ? wanted.Output.Values : wanted.Classes],
            Parameters: null,
            Data: null);
        if (wanted.Binary)
        {
            // Every machine that this software is built for is little-endian, so floats are copied.
            ReadOnlyMemory<byte> binary = strings is null ? MemoryMarshal.AsBytes(values.AsSpan()).ToArray() : Prefixed(strings);
            return output with { Parameters = new InputParameters(binary.Length), Binary = binary };
        }

        return strings is null && !values.All(float.IsFinite)
            ? throw new TensorException(
                $"'{output.Name}' has values that JSON cannot express. Check the crops that were sent, or ask for binary_data.")
            : output with { Data = strings is null ? values : strings };
    }

    private static ReadOnlyMemory<byte> Prefixed(IReadOnlyList<string> elements)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var element in elements)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), Encoding.UTF8.GetByteCount(element));
            bytes.Advance(sizeof(int));
            Encoding.UTF8.GetBytes(element, bytes);
        }

        return bytes.WrittenMemory;
    }

    /// <summary>The classification extension: <c>value:index:label</c> with six decimals, most probable first.</summary>
    private static string[] Classification(float[] values, WantedOutput wanted, IReadOnlyList<ClassLabel> labels) =>
    [
        .. values.Chunk(wanted.Output.Values).SelectMany(row => Prediction.Top(row, labels, wanted.Classes)).Select(prediction =>
            string.Create(CultureInfo.InvariantCulture, $"{prediction.Probability:F6}:{prediction.Label.Index}:{prediction.Label.Name}")),
    ];
}
