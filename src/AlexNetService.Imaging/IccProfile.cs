using System.Buffers.Binary;

namespace AlexNetService.Imaging;

/// <summary>Tells whether an ICC profile (ICC.1:2022) is sRGB, so that its conversion, which takes 5 ms, can be skipped.</summary>
internal static class IccProfile
{
    private const int HeaderLength = 128;

    /// <summary>Whether primaries and curves are those of sRGB; false for a damaged profile.</summary>
    internal static bool IsSrgb(ReadOnlySpan<byte> profile) =>
        profile.Length >= HeaderLength + 4
        && profile.Slice(16, 4).SequenceEqual("RGB "u8)

        // Primaries adapted to D50 (IEC 61966-2-1, as in the usual profile files).
        && IsXyz(Find(profile, "rXYZ"u8), 0.4361, 0.2225, 0.0139)
        && IsXyz(Find(profile, "gXYZ"u8), 0.3851, 0.7169, 0.0971)
        && IsXyz(Find(profile, "bXYZ"u8), 0.1431, 0.0606, 0.7141)
        && IsSrgbCurve(Find(profile, "rTRC"u8))
        && IsSrgbCurve(Find(profile, "gTRC"u8))
        && IsSrgbCurve(Find(profile, "bTRC"u8));

    /// <summary>The bytes of a tag; empty if it is missing or damaged.</summary>
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> profile, ReadOnlySpan<byte> tag)
    {
        var count = BinaryPrimitives.ReadUInt32BigEndian(profile[HeaderLength..]);
        var table = profile[(HeaderLength + 4)..];
        for (var index = 0; index < count && table.Length >= 12; index++, table = table[12..])
        {
            var offset = BinaryPrimitives.ReadUInt32BigEndian(table[4..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(table[8..]);
            if (table[..4].SequenceEqual(tag))
            {
                return (ulong)offset + length <= (ulong)profile.Length ? profile.Slice((int)offset, (int)length) : [];
            }
        }

        return [];
    }

    private static bool IsXyz(ReadOnlySpan<byte> tag, double x, double y, double z) =>
        tag.Length >= 20 && tag[..4].SequenceEqual("XYZ "u8)
        && IsNear(Fixed(tag[8..]), x) && IsNear(Fixed(tag[12..]), y) && IsNear(Fixed(tag[16..]), z);

    /// <summary>Compares a curve with sRGB's at three places. Gamma 2.2 differs there by at least 0.0035.</summary>
    private static bool IsSrgbCurve(ReadOnlySpan<byte> tag) =>
        IsNear(Linear(tag, 0.25), 0.0509) && IsNear(Linear(tag, 0.5), 0.2140) && IsNear(Linear(tag, 0.75), 0.5225);

    private static bool IsNear(double value, double expected) => Math.Abs(value - expected) < 0.002;

    /// <summary>The linear value of an encoded one, 0 to 1; NaN if the curve is damaged or of another kind.</summary>
    private static double Linear(ReadOnlySpan<byte> tag, double encoded)
    {
        if (tag.Length >= 12 && tag[..4].SequenceEqual("curv"u8))
        {
            return Table(tag, encoded);
        }

        // Type 3 of parametricCurveType: (a x + b)^g from d on, c x below; sRGB's own form.
        if (tag.Length < 32 || !tag[..4].SequenceEqual("para"u8) || BinaryPrimitives.ReadUInt16BigEndian(tag[8..]) != 3)
        {
            return double.NaN;
        }

        var (g, a, b) = (Fixed(tag[12..]), Fixed(tag[16..]), Fixed(tag[20..]));
        var (c, d) = (Fixed(tag[24..]), Fixed(tag[28..]));
        return encoded >= d ? Math.Pow((a * encoded) + b, g) : c * encoded;
    }

    private static double Table(ReadOnlySpan<byte> tag, double encoded)
    {
        var count = BinaryPrimitives.ReadUInt32BigEndian(tag[8..]);
        if (count < 2 || (ulong)tag.Length < 12 + (2 * (ulong)count))
        {
            return double.NaN;
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
