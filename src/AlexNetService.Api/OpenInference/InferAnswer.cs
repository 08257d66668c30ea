using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AlexNetService.Inference.Ensembles;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.OpenInference;

/// <summary>The answer to an inference request: JSON, and behind it the bytes of the tensors that were wanted so.</summary>
internal sealed class InferAnswer : IResult
{
    private readonly ArrayBufferWriter<byte> json = new();
    private readonly ArrayBufferWriter<byte> binary = new();
    private readonly bool isBinary;

    /// <param name="model">What answered.</param>
    /// <param name="id">The request's id, or null.</param>
    /// <param name="rows">What was found out.</param>
    /// <exception cref="TensorException">A value cannot be written as JSON.</exception>
    public InferAnswer(InferenceModel model, string? id, InferredRows rows)
    {
        isBinary = rows.Outputs.Any(output => output.Wanted.Binary);
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        if (id is not null)
        {
            writer.WriteString("id", id);
        }

        writer.WriteString("model_name", model.Name);
        writer.WriteString("model_version", model.Version);
        writer.WriteStartArray("outputs");
        foreach (var output in rows.Outputs)
        {
            Write(writer, output, rows.Rows, model.Ensemble.Labels);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = isBinary ? "application/octet-stream" : "application/json";
        response.ContentLength = json.WrittenCount + binary.WrittenCount;
        if (isBinary)
        {
            response.Headers[InferBody.HeaderLength] = json.WrittenCount.ToString(CultureInfo.InvariantCulture);
        }

        await response.Body.WriteAsync(json.WrittenMemory, httpContext.RequestAborted);
        await response.Body.WriteAsync(binary.WrittenMemory, httpContext.RequestAborted);
    }

    private void Write(Utf8JsonWriter writer, InferredOutput output, int rows, IReadOnlyList<ClassLabel> labels)
    {
        var (wanted, strings) = (output.Wanted, Strings(output, rows, labels));
        writer.WriteStartObject();
        writer.WriteString("name", wanted.Output.Name);
        writer.WriteString("datatype", strings is null ? Datatypes.Float32 : Datatypes.Bytes);
        writer.WriteStartArray("shape");
        writer.WriteNumberValue(rows);
        writer.WriteNumberValue(strings is null ? wanted.Output.Values : wanted.Classes);
        writer.WriteEndArray();
        if (wanted.Binary)
        {
            var before = binary.WrittenCount;
            WriteBinary(output, strings);
            writer.WriteStartObject("parameters");
            writer.WriteNumber("binary_data_size", binary.WrittenCount - before);
            writer.WriteEndObject();
        }
        else
        {
            WriteData(writer, output, strings);
        }

        writer.WriteEndObject();
    }

    private void WriteBinary(InferredOutput output, IReadOnlyList<string>? strings)
    {
        // Floats lie in memory as the protocol has them, lowest byte first, on every machine this software is built for.
        if (strings is null)
        {
            binary.Write(MemoryMarshal.AsBytes(output.Values.AsSpan()));
            return;
        }

        foreach (var element in strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(binary.GetSpan(sizeof(int)), Encoding.UTF8.GetByteCount(element));
            binary.Advance(sizeof(int));
            Encoding.UTF8.GetBytes(element, binary);
        }
    }

    private static void WriteData(Utf8JsonWriter writer, InferredOutput output, IReadOnlyList<string>? strings)
    {
        writer.WriteStartArray("data");
        foreach (var element in strings ?? [])
        {
            writer.WriteStringValue(element);
        }

        foreach (var value in strings is null ? output.Values : [])
        {
            writer.WriteNumberValue(float.IsFinite(value) ? value : throw new TensorException(
                $"'{output.Wanted.Output.Name}' holds values that JSON has no numbers for. Check the crops that were sent, or ask for binary_data."));
        }

        writer.WriteEndArray();
    }

    /// <summary>The classification extension: <c>value:index:label</c>, six digits behind the point.</summary>
    private static List<string>? Strings(InferredOutput output, int rows, IReadOnlyList<ClassLabel> labels)
    {
        var (classes, values) = (output.Wanted.Classes, output.Wanted.Output.Values);
        if (classes == 0)
        {
            return null;
        }

        var strings = new List<string>(rows * classes);
        for (var row = 0; row < rows; row++)
        {
            strings.AddRange(Prediction.Top(output.Values.AsSpan(row * values, values), labels, classes).Select(prediction => string.Create(
                CultureInfo.InvariantCulture, $"{prediction.Probability:F6}:{prediction.Label.Index}:{prediction.Label.Name}")));
        }

        return strings;
    }
}
