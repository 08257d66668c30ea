using System.Buffers.Binary;
using System.Text;

namespace AlexNetService.ModelSpec.Weights;

/// <summary>
/// Reads the part of Python's pickle format that tensors and dictionaries of them are saved with. A pickle is a program for a stack
/// machine that can call any function of Python; this machine has only the opcodes that build data, and <see cref="TorchGlobals"/>
/// in place of Python's import. Every length is held against what is left of the file, so memory stays in proportion to it.
/// </summary>
/// <remarks>
/// Values become: None null, bool, long, double, string, tuple <c>object?[]</c>, list <c>List&lt;object?&gt;</c>, dictionary
/// <c>Dictionary&lt;object, object?&gt;</c>, <see cref="TorchGlobal"/>, <see cref="TorchStorage"/>, <see cref="TorchTensor"/>.
/// </remarks>
internal sealed class PickleReader
{
    private const int NewestProtocol = 5;

    private readonly byte[] pickle;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = new();
    private readonly Dictionary<long, object?> memo = [];
    private int position;

    private PickleReader(byte[] pickle) => this.pickle = pickle;

    /// <summary>The object that a pickle describes.</summary>
    /// <param name="pickle">The whole pickle.</param>
    /// <exception cref="InvalidDataException">
    /// It is truncated, or it does something else than describe tensors, numbers and text. The message continues "the file …".
    /// </exception>
    public static object? Read(byte[] pickle)
    {
        var reader = new PickleReader(pickle);
        while (reader.Step())
        {
        }

        return reader.Pop();
    }

    /// <summary>Runs one opcode.</summary>
    /// <returns>False at the end.</returns>
    private bool Step()
    {
        var opcode = (PickleOpcode)Take(1)[0];
        switch (opcode)
        {
            case PickleOpcode.Stop:
                return false;
            case PickleOpcode.Proto:
                RequireProtocol(Take(1)[0]);
                break;
            case PickleOpcode.Frame:
                Take(sizeof(long));
                break;
            case PickleOpcode.Mark:
                marks.Push(stack.Count);
                break;
            case PickleOpcode.BinPut or PickleOpcode.LongBinPut or PickleOpcode.Memoize:
                Remember(opcode);
                break;
            case PickleOpcode.Append or PickleOpcode.Appends:
                Append(opcode == PickleOpcode.Append ? [Pop()] : PopToMark());
                break;
            case PickleOpcode.SetItem or PickleOpcode.SetItems:
                Set(opcode == PickleOpcode.SetItem ? PopLast(2) : PopToMark());
                break;
            case PickleOpcode.Build:
                Build();
                break;
            default:
                stack.Add(Value(opcode));
                break;
        }

        return true;
    }

    /// <summary>The value that an opcode pushes.</summary>
    private object? Value(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.None => null,
        PickleOpcode.NewTrue => true,
        PickleOpcode.NewFalse => false,
        PickleOpcode.BinInt => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int))),
        PickleOpcode.BinInt1 => (long)Take(1)[0],
        PickleOpcode.BinInt2 => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort))),
        PickleOpcode.Long1 => Long(),
        PickleOpcode.BinFloat => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double))),
        PickleOpcode.ShortBinUnicode => Text(Take(1)[0]),
        PickleOpcode.BinUnicode => Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)))),
        PickleOpcode.EmptyTuple => Array.Empty<object?>(),
        PickleOpcode.Tuple1 => PopLast(1),
        PickleOpcode.Tuple2 => PopLast(2),
        PickleOpcode.Tuple3 => PopLast(3),
        PickleOpcode.Tuple => PopToMark(),
        PickleOpcode.EmptyList => new List<object?>(),
        PickleOpcode.EmptyDict => new Dictionary<object, object?>(),
        PickleOpcode.BinGet => Recall(Take(1)[0]),
        PickleOpcode.LongBinGet => Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)))),
        PickleOpcode.Global => TorchGlobals.Find(Line(), Line()),
        PickleOpcode.StackGlobal => PopLast(2) is [string module, string name] ? TorchGlobals.Find(module, name) : throw Impossible(),
        PickleOpcode.BinPersId => TorchGlobals.Storage(Pop()),
        PickleOpcode.Reduce => PopLast(2) is [var callable, var arguments] ? TorchGlobals.Reduce(callable, arguments) : throw Impossible(),
        _ => throw new InvalidDataException(
            $"uses the pickle opcode {(Enum.IsDefined(opcode) ? opcode.ToString().ToUpperInvariant() : $"0x{(byte)opcode:X2}")} "
            + $"at byte {position - 1}, which no weights are saved with."),
    };

    private static void RequireProtocol(byte protocol)
    {
        if (protocol is < 2 or > NewestProtocol)
        {
            throw new InvalidDataException($"is pickled with protocol {protocol}; protocols 2 to {NewestProtocol} are read.");
        }
    }

    private long Long()
    {
        var bytes = Take(Take(1)[0]);
        if (bytes.Length > sizeof(long))
        {
            throw new InvalidDataException($"holds a whole number of {bytes.Length} bytes.");
        }

        // Two's complement, shortened: the highest bit is the sign.
        Span<byte> whole = stackalloc byte[sizeof(long)];
        whole.Fill(bytes is [.., >= 0x80] ? byte.MaxValue : byte.MinValue);
        bytes.CopyTo(whole);
        return BinaryPrimitives.ReadInt64LittleEndian(whole);
    }

    private string Text(uint length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        var length = pickle.AsSpan(position).IndexOf((byte)'\n');
        var line = length < 0 ? throw Truncated() : Text((uint)length);
        position++;
        return line;
    }

    private void Remember(PickleOpcode opcode)
    {
        long place = opcode switch
        {
            PickleOpcode.BinPut => Take(1)[0],
            PickleOpcode.LongBinPut => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint))),
            _ => memo.Count,
        };
        memo[place] = Top();
    }

    private object? Recall(long place) => memo.TryGetValue(place, out var value) ? value : throw Impossible();

    private void Append(object?[] items)
    {
        if (Top() is not List<object?> list)
        {
            throw Impossible();
        }

        list.AddRange(items);
    }

    private void Set(object?[] items)
    {
        if (Top() is not Dictionary<object, object?> dictionary || items.Length % 2 != 0)
        {
            throw Impossible();
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            dictionary[items[i] is string or long or double or bool ? items[i]! : throw Impossible()] = items[i + 1];
        }
    }

    /// <summary>A state dict carries its modules' versions as an attribute; they change no weight.</summary>
    private void Build()
    {
        _ = Pop();
        if (Top() is not Dictionary<object, object?>)
        {
            throw Impossible();
        }
    }

    private object? Top() => stack.Count > Floor() ? stack[^1] : throw Impossible();

    private object? Pop() => PopLast(1)[0];

    private object?[] PopLast(int count) => stack.Count - count >= Floor() ? Cut(stack.Count - count) : throw Impossible();

    private object?[] PopToMark() => marks.TryPop(out var mark) ? Cut(mark) : throw Impossible();

    private object?[] Cut(int from)
    {
        object?[] items = [.. stack[from..]];
        stack.RemoveRange(from, items.Length);
        return items;
    }

    /// <summary>Nothing below the last mark can be taken.</summary>
    private int Floor() => marks.TryPeek(out var mark) ? mark : 0;

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > pickle.Length - position)
        {
            throw Truncated();
        }

        position += (int)count;
        return pickle.AsSpan(position - (int)count, (int)count);
    }

    private InvalidDataException Truncated() => new($"is truncated: its pickle ends at byte {pickle.Length}, before its last object.");

    private InvalidDataException Impossible() => new($"is damaged: its pickle cannot go on at byte {position}.");
}
