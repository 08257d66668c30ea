using System.Buffers.Binary;

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
internal sealed class PickleReader(byte[] pickle)
{
    private const int NewestProtocol = 5;

    // A pickle of AlexNet's weights runs fewer than a thousand. Without a limit 16 MiB of empty dictionaries would take over a gigabyte.
    private const int MostOpcodes = 1 << 20;

    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = new();
    private readonly Dictionary<uint, object?> memo = [];
    private int position;
    private int opcodes;

    /// <summary>Reads the object that a pickle describes. Messages of its exceptions continue "the file …".</summary>
    public static object? Read(byte[] pickle)
    {
        var reader = new PickleReader(pickle);
        while (reader.Step())
        {
        }

        return reader.Pop();
    }

    /// <summary>Runs one opcode; false at the end. The comments name the opcodes as pickletools does.</summary>
    private bool Step()
    {
        var opcode = (char)Take(1)[0];
        if (++opcodes > MostOpcodes)
        {
            throw new InvalidDataException($"runs more than {MostOpcodes} pickle opcodes; weights need about a thousand.");
        }

        switch (opcode)
        {
            case '.': // STOP
                return false;
            case '\x80': // PROTO
                if (Take(1)[0] is var protocol and (< 2 or > NewestProtocol))
                {
                    throw new InvalidDataException($"uses pickle protocol {protocol}; protocols 2 to {NewestProtocol} are supported.");
                }

                break;
            case '\x95': // FRAME
                Take(sizeof(long));
                break;
            case '(': // MARK
                marks.Push(stack.Count);
                break;
            case 'q': // BINPUT
                memo[Take(1)[0]] = Top();
                break;
            case 'r': // LONG_BINPUT
                memo[UInt32()] = Top();
                break;
            case '\x94': // MEMOIZE
                memo[(uint)memo.Count] = Top();
                break;
            case 'a' or 'e': // APPEND, APPENDS
                var items = opcode == 'a' ? [Pop()] : PopToMark();
                (Top() as List<object?> ?? throw Impossible()).AddRange(items);
                break;
            case 's' or 'u': // SETITEM, SETITEMS
                Set(opcode == 's' ? PopLast(2) : PopToMark());
                break;
            case 'b': // BUILD
                // The attributes of a state dict: the versions of its modules, which affect no weight.
                _ = Pop();
                _ = Top() as Dictionary<string, object?> ?? throw Impossible();
                break;
            default:
                stack.Add(Value(opcode));
                break;
        }

        return true;
    }

    private object? Value(char opcode) => opcode switch
    {
        'N' => null, // NONE
        '\x88' => true, // NEWTRUE
        '\x89' => false, // NEWFALSE
        'J' => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int))), // BININT
        'K' => (long)Take(1)[0], // BININT1
        'M' => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort))), // BININT2
        '\x8A' => Long(), // LONG1
        'G' => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double))), // BINFLOAT
        '\x8C' => Text(Take(1)[0]), // SHORT_BINUNICODE
        'X' => Text(UInt32()), // BINUNICODE
        ')' => Array.Empty<object?>(), // EMPTY_TUPLE
        '\x85' => PopLast(1), // TUPLE1
        '\x86' => PopLast(2), // TUPLE2
        '\x87' => PopLast(3), // TUPLE3
        't' => PopToMark(), // TUPLE
        ']' => new List<object?>(), // EMPTY_LIST
        '}' => new Dictionary<string, object?>(StringComparer.Ordinal), // EMPTY_DICT
        'h' => Recall(Take(1)[0]), // BINGET
        'j' => Recall(UInt32()), // LONG_BINGET
        'c' => TorchGlobals.Find($"{Line()}.{Line()}"), // GLOBAL
        '\x93' => PopLast(2) is [string module, string name] ? TorchGlobals.Find($"{module}.{name}") : throw Impossible(), // STACK_GLOBAL
        'Q' => TorchGlobals.Storage(Pop()), // BINPERSID
        'R' => PopLast(2) is [var callable, var arguments] ? TorchGlobals.Reduce(callable, arguments) : throw Impossible(), // REDUCE
        _ => throw new InvalidDataException(
            $"uses the pickle opcode 0x{(int)opcode:X2} at byte {position - 1}, which weights do not need."),
    };

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
}
