using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// Reads an array of structs from a MATLAB 5 file ("MAT-File Format", The MathWorks, level 5), as the ILSVRC development kit's
/// <c>meta.mat</c> is one: elements of type, length and data, an array being an element of elements, compressed by zlib or not.
/// </summary>
internal static class MatlabStructs
{
    private const int HeaderLength = 128;
    private const int Compressed = 15;
    private const int StructClass = 2;
    private const int CharacterClass = 4;

    /// <summary>Some fields of every struct in the array, numbers as decimal text.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="variable">Name of the array.</param>
    /// <param name="fields">Names of the fields.</param>
    /// <exception cref="DataSetException">It is another file, or damaged.</exception>
    public static IReadOnlyList<string[]> Read(ReadOnlySpan<byte> file, string variable, params string[] fields)
    {
        try
        {
            if (file[126] != 'I' || file[127] != 'M')
            {
                throw new InvalidDataException("it is no little-endian MATLAB 5 file");
            }

            var rest = file[HeaderLength..];
            while (!rest.IsEmpty)
            {
                var element = Next(ref rest);
                if (element.Type == Compressed)
                {
                    ReadOnlySpan<byte> inflated = Inflated(element.Data);
                    element = Next(ref inflated);
                }

                if (Structs(element.Data, variable, fields) is { } structs)
                {
                    return structs;
                }
            }

            throw new InvalidDataException($"it holds no structs called {variable}");
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new DataSetException($"The ILSVRC kit's meta.mat cannot be read: {e.Message}. Take the file of ILSVRC-2012.", e);
        }
    }

    private static byte[] Inflated(ReadOnlySpan<byte> compressed)
    {
        using var inflated = new MemoryStream();
        using var zlib = new ZLibStream(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        zlib.CopyTo(inflated);
        return inflated.ToArray();
    }

    private static List<string[]>? Structs(ReadOnlySpan<byte> array, string variable, string[] fields)
    {
        var (kind, count, name) = Header(ref array);
        if (kind != StructClass || name != variable)
        {
            return null;
        }

        var width = BinaryPrimitives.ReadInt32LittleEndian(Next(ref array).Data);
        var names = Next(ref array).Data;
        var known = new string[names.Length / width];
        for (var i = 0; i < known.Length; i++)
        {
            known[i] = Encoding.ASCII.GetString(names.Slice(i * width, width)).TrimEnd('\0');
        }

        var wanted = fields.Select(field => Array.IndexOf(known, field)).ToArray();
        if (wanted.Contains(-1))
        {
            throw new InvalidDataException($"its structs have the fields {string.Join(", ", known)}");
        }

        var structs = new List<string[]>();
        for (var row = 0; row < count; row++)
        {
            var values = new string[known.Length];
            for (var i = 0; i < values.Length; i++)
            {
                var value = Next(ref array).Data;
                values[i] = wanted.Contains(i) ? Text(value) : "";
            }

            structs.Add([.. wanted.Select(i => values[i])]);
        }

        return structs;
    }

    /// <summary>Class, number of values, and name; leaves what follows them.</summary>
    private static (int Class, int Count, string Name) Header(scoped ref ReadOnlySpan<byte> array)
    {
        var kind = Next(ref array).Data[0];
        var dimensions = Next(ref array).Data;
        var count = 1;
        for (var i = 0; i < dimensions.Length; i += 4)
        {
            count = checked(count * BinaryPrimitives.ReadInt32LittleEndian(dimensions[i..]));
        }

        return (kind, count, Encoding.ASCII.GetString(Next(ref array).Data));
    }

    /// <summary>Characters, or the first number; a small number is stored in the smallest type that holds it.</summary>
    private static string Text(ReadOnlySpan<byte> array)
    {
        var (kind, count, _) = Header(ref array);
        if (count == 0)
        {
            return "";
        }

        var value = Next(ref array);
        var data = value.Data;
        return (kind, value.Type) switch
        {
            (CharacterClass, 4 or 17) => Encoding.Unicode.GetString(data),
            (CharacterClass, _) => Encoding.UTF8.GetString(data),
            (_, 1 or 2) => data[0].ToString(CultureInfo.InvariantCulture),
            (_, 3 or 4) => BinaryPrimitives.ReadUInt16LittleEndian(data).ToString(CultureInfo.InvariantCulture),
            (_, 5 or 6) => BinaryPrimitives.ReadInt32LittleEndian(data).ToString(CultureInfo.InvariantCulture),
            (_, 9) => BinaryPrimitives.ReadDoubleLittleEndian(data).ToString(CultureInfo.InvariantCulture),
            _ => throw new InvalidDataException($"a field has numbers of type {value.Type}"),
        };
    }

    /// <summary>Type and data of the element that the bytes begin with; leaves what follows it.</summary>
    private static Element Next(scoped ref ReadOnlySpan<byte> bytes)
    {
        var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (word >> 16 is > 0 and var few)
        {
            // Up to four bytes stand in the tag itself.
            var small = new Element((int)(word & 0xFFFF), bytes.Slice(4, (int)few));
            bytes = bytes[8..];
            return small;
        }

        var length = checked((int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
        var element = new Element((int)word, bytes.Slice(8, length));
        var padded = word == Compressed ? length : (length + 7) & ~7;
        bytes = bytes[Math.Min(bytes.Length, 8 + padded)..];
        return element;
    }

    private readonly ref struct Element(int type, ReadOnlySpan<byte> data)
    {
        public int Type { get; } = type;

        public ReadOnlySpan<byte> Data { get; } = data;
    }
}
