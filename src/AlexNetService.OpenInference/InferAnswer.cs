using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.OpenInference;

/// <summary>The answer to an inference request.</summary>
/// <param name="Model">The model that answered.</param>
/// <param name="Id">The request's id, or null.</param>
/// <param name="Rows">Number of crops or photographs.</param>
/// <param name="Outputs">The requested tensors.</param>
/// <param name="Timing">Where the time went.</param>
public sealed record InferAnswer(
    ProtocolModel Model, string? Id, int Rows, IReadOnlyList<AnsweredTensor> Outputs, InferenceTiming Timing);

/// <summary>A tensor of an answer.</summary>
public sealed class AnsweredTensor
{
    private readonly float[] values;

    /// <param name="wanted">The requested output.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="values">[rows,values].</param>
    /// <param name="labels">The model's classes.</param>
    internal AnsweredTensor(WantedOutput wanted, int rows, float[] values, IReadOnlyList<ClassLabel> labels)
    {
        (Name, IsBinary, this.values) = (wanted.Output.Name, wanted.Binary, values);
        Strings = wanted.Classes == 0 ? null : Classification(values, rows, wanted, labels);
        Shape = [rows, Strings is null ? wanted.Output.Values : wanted.Classes];
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its dimensions: rows, then values or classes.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>FP32, or BYTES if classes were requested.</summary>
    public string Datatype => Strings is null ? Datatypes.Float32 : Datatypes.Bytes;

    /// <summary>Whether the request asked for bytes instead of JSON.</summary>
    public bool IsBinary { get; }

    /// <summary>[rows,values].</summary>
    public IReadOnlyList<float> Values => values;

    /// <summary>[rows,classes] strings <c>value:index:label</c>, or null if the values were requested.</summary>
    public IReadOnlyList<string>? Strings { get; }

    /// <summary>Writes the elements in the protocol's binary form: little-endian floats, or strings that follow their lengths.</summary>
    /// <param name="bytes">Receives them.</param>
    public void Write(IBufferWriter<byte> bytes)
    {
        // Every machine that this software is built for is little-endian, so floats are copied.
        if (Strings is null)
        {
            bytes.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            return;
        }

        foreach (var element in Strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), Encoding.UTF8.GetByteCount(element));
            bytes.Advance(sizeof(int));
            Encoding.UTF8.GetBytes(element, bytes);
        }
    }

    /// <summary>The classification extension: <c>value:index:label</c> with six decimals, most probable first.</summary>
    private static List<string> Classification(float[] values, int rows, WantedOutput wanted, IReadOnlyList<ClassLabel> labels)
    {
        var (classes, width) = (wanted.Classes, wanted.Output.Values);
        var strings = new List<string>(rows * classes);
        for (var row = 0; row < rows; row++)
        {
            strings.AddRange(Prediction.Top(values.AsSpan(row * width, width), labels, classes).Select(prediction => string.Create(
                CultureInfo.InvariantCulture, $"{prediction.Probability:F6}:{prediction.Label.Index}:{prediction.Label.Name}")));
        }

        return strings;
    }
}
