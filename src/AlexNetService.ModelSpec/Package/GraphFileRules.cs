using System.Text;

namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// The rules for the file of a graph. They are checked before ONNX Runtime reads the file, which has no such limits: external data must be
/// in the file that the card names, and everything beside the values of tensors has a largest size and number.
/// </summary>
/// <remarks>
/// Walks the file's messages (onnx.proto of ONNX; protobuf.dev/programming-guides/encoding) and passes over the values of tensors, so that
/// the time does not depend on the size of the weights.
/// </remarks>
internal sealed class GraphFileRules(Stream file, string? weights)
{
    /// <summary>Most nodes, attributes, tensors and other parts of a graph together.</summary>
    public const int MaxParts = 200_000;

    public const int MaxNameBytes = 1024;

    /// <summary>Most bytes of descriptions, metadata, string constants and declared shapes together.</summary>
    public const int MaxTextBytes = 4_000_000;

    /// <summary>Most graphs and nodes inside each other.</summary>
    public const int MaxDepth = 64;

    private const string OrtSuffix = ".ort";

    // Types of the fields that follow, in the lowest three bits of a tag.
    private const int Varint = 0;
    private const int EightBytes = 1;
    private const int LengthAndBytes = 2;
    private const int BeginOfGroup = 3;
    private const int EndOfGroup = 4;
    private const int FourBytes = 5;

    private int parts;
    private long text;

    private enum Part
    {
        Text,
        Name,
        Values,
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
        SparseTensor,
        ExternalData,
        ValueInfo,
        Function,
        Training,
    }

    /// <summary>
    /// The first rule that a graph breaks, as a sentence, or null. A file that is no graph breaks none: ONNX Runtime says why.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">Its name.</param>
    /// <param name="weights">Name of the file that its tensors may be in, or null.</param>
    public static string? FirstBroken(Stream file, string name, string? weights)
    {
        if (name.EndsWith(OrtSuffix, StringComparison.OrdinalIgnoreCase))
        {
            return $"{name} would be read in ONNX Runtime's own format. Store the graph as ONNX.";
        }

        try
        {
            file.Position = 0;
            return new GraphFileRules(file, weights).Walk(Part.Model, file.Length, depth: 0) is { } broken ? $"{name}: {broken}" : null;
        }
        catch (NotSupportedException)
        {
            return $"{name} has fields that ONNX does not have. Export the package again.";
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>What a field holds, by its number in onnx.proto. Unknown fields count as text.</summary>
    private static Part Held(Part part, long field) => (part, field) switch
    {
        (Part.Model, 2 or 3 or 4) or (Part.Graph, 2) or (Part.Attribute, 1 or 21) or (Part.Tensor, 8) or (Part.ValueInfo, 1) => Part.Name,
        (Part.Node, 1 or 2 or 3 or 4 or 7 or 8) or (Part.Function, 1 or 4 or 5 or 6 or 10 or 13) => Part.Name,
        (Part.Model, 7) or (Part.Attribute, 6 or 11) or (Part.Training, 1 or 2) => Part.Graph,
        (Part.Model, 20) => Part.Training,
        (Part.Model, 25) => Part.Function,
        (Part.Graph, 1) or (Part.Function, 7) => Part.Node,
        (Part.Graph, 11 or 12 or 13) or (Part.Function, 12) => Part.ValueInfo,
        (Part.Node, 5) or (Part.Function, 11) => Part.Attribute,
        (Part.Graph, 5) or (Part.Attribute, 5 or 10) or (Part.SparseTensor, 1 or 2) => Part.Tensor,
        (Part.Graph, 15) or (Part.Attribute, 22 or 23) => Part.SparseTensor,
        (Part.Tensor, 13) => Part.ExternalData,
        (Part.Tensor, 4 or 5 or 6 or 7 or 9 or 10 or 11) or (Part.Attribute, 7 or 8) => Part.Values,
        _ => Part.Text,
    };

    private string? Walk(Part part, long end, int depth)
    {
        if (++parts > MaxParts)
        {
            return $"it has more than {MaxParts} nodes, tensors and other parts.";
        }

        if (depth > MaxDepth)
        {
            return $"more than {MaxDepth} of its parts are inside each other.";
        }

        while (file.Position < end)
        {
            var begin = file.Position;
            var (field, close) = NextField(end);
            text += file.Position - begin;
            if (Check(close is null ? Part.Text : Held(part, field), close ?? file.Position, depth) is { } broken)
            {
                return broken;
            }

            file.Position = close ?? file.Position;
        }

        return null;
    }

    private string? Check(Part held, long end, int depth)
    {
        var bytes = end - file.Position;
        switch (held)
        {
            case Part.Values:
                return null;
            case Part.Text:
                text += bytes;
                return text > MaxTextBytes ? $"its descriptions, metadata and shapes have more than {MaxTextBytes} bytes." : null;
            case Part.Name:
                parts++;
                return bytes > MaxNameBytes ? $"a name in it has {bytes} bytes; {MaxNameBytes} are allowed." : null;
            case Part.ExternalData:
                return CheckExternal(end);
            default:
                return Walk(held, end, depth + 1);
        }
    }

    /// <summary>Checks a key and a value of the place of a tensor's bytes; the key <c>location</c> names the file.</summary>
    private string? CheckExternal(long end)
    {
        var (key, value) = ("", "");
        parts++;
        while (file.Position < end)
        {
            var (field, close) = NextField(end);
            if (close is not { } fieldEnd)
            {
                continue;
            }

            if (fieldEnd - file.Position > MaxNameBytes)
            {
                return $"the place of a tensor has {fieldEnd - file.Position} bytes; {MaxNameBytes} are allowed.";
            }

            var bytes = new byte[fieldEnd - file.Position];
            file.ReadExactly(bytes);
            (key, value) = field switch
            {
                1 => (Encoding.UTF8.GetString(bytes), value),
                2 => (key, Encoding.UTF8.GetString(bytes)),
                _ => (key, value),
            };
        }

        return key == "location" && value != weights
            ? $"a tensor is in the file '{value}', which the card does not name as weights. Export the package again."
            : null;
    }

    /// <summary>Reads a tag. Of a field with a length, gives the end; passes over any other.</summary>
    /// <exception cref="InvalidDataException">It is no field, or ends behind its message.</exception>
    /// <exception cref="NotSupportedException">Its tag has more than 32 bits, which other readers would cut off.</exception>
    /// <exception cref="EndOfStreamException">The file ends inside it.</exception>
    private (long Field, long? End) NextField(long end)
    {
        var tag = Number();
        if (tag > uint.MaxValue)
        {
            throw new NotSupportedException();
        }

        long? close = null;
        switch (tag & 7)
        {
            case Varint:
                Number();
                break;
            case EightBytes:
                file.Position += sizeof(long);
                break;
            case FourBytes:
                file.Position += sizeof(int);
                break;
            case LengthAndBytes:
                var length = Number();
                close = length <= end - file.Position ? file.Position + length : throw new InvalidDataException();
                break;
            case BeginOfGroup or EndOfGroup:
                // ONNX has no groups. What is in one is checked as if it were in the message itself.
                break;
            default:
                throw new InvalidDataException();
        }

        return file.Position <= end ? (tag >> 3, close) : throw new InvalidDataException();
    }

    private long Number()
    {
        var value = 0L;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = file.ReadByte();
            if (next < 0)
            {
                throw new EndOfStreamException();
            }

            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        // A number of 64 bits is negative; its value does not matter, but it has a tenth byte.
        return file.ReadByte() is 0 or 1 ? long.MaxValue : throw new InvalidDataException();
    }
}
