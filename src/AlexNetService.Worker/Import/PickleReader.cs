using System.Buffers.Binary;
using System.Text;

namespace AlexNetService.Worker.Import;

/// <summary>
/// Reads the part of Python's pickle format, protocols 2 to 5, that tensors and dictionaries of them are saved with (CPython,
/// Lib/pickletools.py). A pickle is a program for a stack machine that can call any Python function. This machine knows only the opcodes
/// that build data, and imports only the names in <see cref="TorchGlobals"/>. Every length is checked against the rest of the file, and
/// the number of opcodes is limited, so memory stays bounded.
/// </summary>
/// <remarks>
/// Values become: None null, bool, long, double, string, tuple <c>object?[]</c>, list <c>List&lt;object?&gt;</c>, dictionary
/// <c>Dictionary&lt;string, object?&gt;</c> without entries whose key is not a string, the name of a <see cref="TorchGlobals"/> entry,
/// <see cref="TorchStorage"/>, <see cref="TorchTensor"/>.
/// </remarks>
internal sealed class PickleReader
{
    private const int NewestProtocol = 5;

    /// <summary>
    /// A pickle of AlexNet's weights runs fewer than a thousand. Without a limit 16 MiB of empty dictionaries would take over a gigabyte.
    /// </summary>
    private const int MostOpcodes = 1 << 20;

    private readonly byte[] pickle;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = new();
    private readonly Dictionary<uint, object?> memo = [];
    private int position;
    private int opcodes;

    private PickleReader(byte[] pickle) => this.pickle = pickle;

    /// <summary>Reads the object that a pickle describes.</summary>
    /// <param name="pickle">The whole pickle.</param>
    /// <exception cref="InvalidDataException">
    /// It is truncated, or describes something other than tensors, numbers and text. The message continues "the file …".
    /// </exception>
    public static object? Read(byte[] pickle)
    {
        var reader = new PickleReader(pickle);
        while (reader.Step())
        {
        }

        return reader.Pop();
    }

    /// <summary>Runs one opcode; false at the end.</summary>
    private bool Step()
    {
        var opcode = (Opcode)Take(1)[0];
        if (++opcodes > MostOpcodes)
        {
            throw new InvalidDataException($"runs more than {MostOpcodes} pickle opcodes; weights need about a thousand.");
        }

        switch (opcode)
        {
            case Opcode.Stop:
                return false;
            case Opcode.Proto:
                RequireProtocol(Take(1)[0]);
                break;
            case Opcode.Frame:
                Take(sizeof(long));
                break;
            case Opcode.Mark:
                marks.Push(stack.Count);
                break;
            case Opcode.BinPut:
                memo[Take(1)[0]] = Top();
                break;
            case Opcode.LongBinPut:
                memo[UInt32()] = Top();
                break;
            case Opcode.Memoize:
                memo[(uint)memo.Count] = Top();
                break;
            case Opcode.Append or Opcode.Appends:
                Append(opcode == Opcode.Append ? [Pop()] : PopToMark());
                break;
            case Opcode.SetItem or Opcode.SetItems:
                Set(opcode == Opcode.SetItem ? PopLast(2) : PopToMark());
                break;
            case Opcode.Build:
                Build();
                break;
            default:
                stack.Add(Value(opcode));
                break;
        }

        return true;
    }

    /// <summary>The value that an opcode pushes.</summary>
    private object? Value(Opcode opcode) => opcode switch
    {
        Opcode.None => null,
        Opcode.NewTrue => true,
        Opcode.NewFalse => false,
        Opcode.BinInt => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int))),
        Opcode.BinInt1 => (long)Take(1)[0],
        Opcode.BinInt2 => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort))),
        Opcode.Long1 => Long(),
        Opcode.BinFloat => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double))),
        Opcode.ShortBinUnicode => Text(Take(1)[0]),
        Opcode.BinUnicode => Text(UInt32()),
        Opcode.EmptyTuple => Array.Empty<object?>(),
        Opcode.Tuple1 => PopLast(1),
        Opcode.Tuple2 => PopLast(2),
        Opcode.Tuple3 => PopLast(3),
        Opcode.Tuple => PopToMark(),
        Opcode.EmptyList => new List<object?>(),
        Opcode.EmptyDict => new Dictionary<string, object?>(StringComparer.Ordinal),
        Opcode.BinGet => Recall(Take(1)[0]),
        Opcode.LongBinGet => Recall(UInt32()),
        Opcode.Global => TorchGlobals.Find($"{Line()}.{Line()}"),
        Opcode.StackGlobal => PopLast(2) is [string module, string name] ? TorchGlobals.Find($"{module}.{name}") : throw Impossible(),
        Opcode.BinPersId => TorchGlobals.Storage(Pop()),
        Opcode.Reduce => PopLast(2) is [var callable, var arguments] ? TorchGlobals.Reduce(callable, arguments) : throw Impossible(),
        _ => throw new InvalidDataException(
            $"uses the pickle opcode 0x{(byte)opcode:X2} at byte {position - 1}, which weights do not need."),
    };

    private static void RequireProtocol(byte protocol)
    {
        if (protocol is < 2 or > NewestProtocol)
        {
            throw new InvalidDataException($"uses pickle protocol {protocol}; protocols 2 to {NewestProtocol} are supported.");
        }
    }

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    private long Long()
    {
        var bytes = Take(Take(1)[0]);
        if (bytes.Length > sizeof(long))
        {
            throw new InvalidDataException($"holds an integer of {bytes.Length} bytes; at most {sizeof(long)} are supported.");
        }

        // Two's complement without leading bytes: the highest bit is the sign.
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

    private object? Recall(uint place) => memo.TryGetValue(place, out var value) ? value : throw Impossible();

    private void Append(object?[] items)
    {
        if (Top() is not List<object?> list)
        {
            throw Impossible();
        }

        list.AddRange(items);
    }

    /// <summary>
    /// Adds entries to a dictionary. State dicts have string keys; entries with other keys, such as an optimizer's, are left out: numbers
    /// with equal hash codes are easy to find, and would make a dictionary slow.
    /// </summary>
    private void Set(object?[] items)
    {
        if (Top() is not Dictionary<string, object?> dictionary || items.Length % 2 != 0)
        {
            throw Impossible();
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            if (items[i] is string key)
            {
                dictionary[key] = items[i + 1];
            }
            else if (items[i] is not (long or double or bool))
            {
                throw Impossible();
            }
        }
    }

    /// <summary>Drops the attributes of a state dict: the versions of its modules, which affect no weight.</summary>
    private void Build()
    {
        _ = Pop();
        if (Top() is not Dictionary<string, object?>)
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

    /// <summary>Values below the last mark cannot be taken.</summary>
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

    private InvalidDataException Impossible() => new($"is damaged: its pickle is invalid at byte {position}.");

    private enum Opcode : byte
    {
        Proto = 0x80,
        Frame = 0x95,
        Stop = (byte)'.',
        Mark = (byte)'(',

        None = (byte)'N',
        NewTrue = 0x88,
        NewFalse = 0x89,
        BinInt = (byte)'J',
        BinInt1 = (byte)'K',
        BinInt2 = (byte)'M',
        Long1 = 0x8A,
        BinFloat = (byte)'G',
        ShortBinUnicode = 0x8C,
        BinUnicode = (byte)'X',

        EmptyTuple = (byte)')',
        Tuple1 = 0x85,
        Tuple2 = 0x86,
        Tuple3 = 0x87,
        Tuple = (byte)'t',
        EmptyList = (byte)']',
        Append = (byte)'a',
        Appends = (byte)'e',
        EmptyDict = (byte)'}',
        SetItem = (byte)'s',
        SetItems = (byte)'u',

        BinPut = (byte)'q',
        LongBinPut = (byte)'r',
        Memoize = 0x94,
        BinGet = (byte)'h',
        LongBinGet = (byte)'j',

        Global = (byte)'c',
        StackGlobal = 0x93,
        BinPersId = (byte)'Q',
        Reduce = (byte)'R',
        Build = (byte)'b',
    }
}
