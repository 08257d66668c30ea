using System.Buffers.Binary;

namespace AlexNetService.Imaging;

/// <summary>Tells whether an ICC profile (ICC.1:2022) is sRGB, so that its conversion, which takes 5 ms, can be skipped.</summary>
internal static class IccProfile
{
    private const int HeaderLength = 128;

    // Primaries of sRGB adapted to D50: X, Y, Z of each channel (IEC 61966-2-1, as in the usual profile files).
    private static readonly (string Tag, double X, double Y, double Z)[] Primaries =
    [
        ("rXYZ", 0.4361, 0.2225, 0.0139),
        ("gXYZ", 0.3851, 0.7169, 0.0971),
        ("bXYZ", 0.1431, 0.0606, 0.7141),
    ];

    // The sRGB curve at three places. Gamma 2.2 differs there by at least 0.0035, so a tolerance of 0.002 tells the two apart.
    private static readonly (double Encoded, double Linear)[] Curve = [(0.25, 0.0509), (0.5, 0.2140), (0.75, 0.5225)];

    /// <summary>Whether primaries and curves are those of sRGB; false for a damaged profile.</summary>
    internal static bool IsSrgb(ReadOnlySpan<byte> profile)
    {
        if (profile.Length < HeaderLength + 4 || !profile.Slice(16, 4).SequenceEqual("RGB "u8))
        {
            return false;
        }

        foreach (var (tag, x, y, z) in Primaries)
        {
            if (!IsNear(Find(profile, tag), x, y, z))
            {
                return false;
            }
        }

        return IsSrgbCurve(Find(profile, "rTRC")) && IsSrgbCurve(Find(profile, "gTRC")) && IsSrgbCurve(Find(profile, "bTRC"));
    }

    /// <summary>The bytes of a tag; empty if it is missing or damaged.</summary>
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> profile, string tag)
    {
        var table = profile[HeaderLength..];
        var count = BinaryPrimitives.ReadUInt32BigEndian(table);
        table = table[4..];
        for (var index = 0; index < count && table.Length >= 12; index++, table = table[12..])
        {
            var offset = BinaryPrimitives.ReadUInt32BigEndian(table[4..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(table[8..]);
            if (table[0] == tag[0] && table[1] == tag[1] && table[2] == tag[2] && table[3] == tag[3])
            {
                return (ulong)offset + length <= (ulong)profile.Length ? profile.Slice((int)offset, (int)length) : [];
            }
        }

        return [];
    }

    private static bool IsNear(ReadOnlySpan<byte> tag, double x, double y, double z) =>
        tag.Length >= 20 && tag[..4].SequenceEqual("XYZ "u8)
        && Math.Abs(Fixed(tag[8..]) - x) < 0.002 && Math.Abs(Fixed(tag[12..]) - y) < 0.002 && Math.Abs(Fixed(tag[16..]) - z) < 0.002;

    private static bool IsSrgbCurve(ReadOnlySpan<byte> tag)
    {
        foreach (var (encoded, linear) in Curve)
        {
            if (Evaluate(tag, encoded) is not { } value || !(Math.Abs(value - linear) <= 0.002))
            {
                return false;
            }
        }

        return true;
    }

    private static double? Evaluate(ReadOnlySpan<byte> tag, double encoded)
    {
        if (tag.Length < 12)
        {
            return null;
        }

        if (tag[..4].SequenceEqual("curv"u8))
        {
            return Table(tag, encoded);
        }

        // Type 3 of parametricCurveType: (a x + b)^g from d on, c x below; sRGB's own form.
        var isSrgbForm = tag[..4].SequenceEqual("para"u8) && BinaryPrimitives.ReadUInt16BigEndian(tag[8..]) == 3 && tag.Length >= 32;
        if (!isSrgbForm)
        {
            return null;
        }

        var (g, a, b) = (Fixed(tag[12..]), Fixed(tag[16..]), Fixed(tag[20..]));
        var (c, d) = (Fixed(tag[24..]), Fixed(tag[28..]));
        return encoded >= d ? Math.Pow((a * encoded) + b, g) : c * encoded;
    }

    private static double? Table(ReadOnlySpan<byte> tag, double encoded)
    {
        var count = BinaryPrimitives.ReadUInt32BigEndian(tag[8..]);
        if (count < 2 || (ulong)tag.Length < 12 + (2 * (ulong)count))
        {
            return null;
        }

        var place = encoded * (count - 1);
        var below = (int)place;
        var share = place - below;
        var low = BinaryPrimitives.ReadUInt16BigEndian(tag[(12 + (2 * below))..]) / 65_535.0;
        var high = BinaryPrimitives.ReadUInt16BigEndian(tag[(12 + (2 * Math.Min(below + 1, (int)count - 1)))..]) / 65_535.0;
        return low + (share * (high - low));
    }

    /// <summary>s15Fixed16Number.</summary>
    private static double Fixed(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes) / 65_536.0;
}
