namespace AlexNetService.ModelSpec.Weights;

/// <summary>The checksum of zip entries (ISO-HDLC, polynomial 0xEDB88320), eight bytes a step with eight tables.</summary>
internal sealed class Crc32
{
    private const int Step = 8;

    private static readonly uint[][] Tables = MakeTables();

    private uint state = uint.MaxValue;

    /// <summary>The checksum of what was appended.</summary>
    public uint Value => ~state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = state;
        for (; bytes.Length >= Step; bytes = bytes[Step..])
        {
            crc ^= BitConverter.ToUInt32(bytes);
            crc = Tables[7][(byte)crc] ^ Tables[6][(byte)(crc >> 8)] ^ Tables[5][(byte)(crc >> 16)] ^ Tables[4][crc >> 24]
                ^ Tables[3][bytes[4]] ^ Tables[2][bytes[5]] ^ Tables[1][bytes[6]] ^ Tables[0][bytes[7]];
        }

        foreach (var value in bytes)
        {
            crc = Tables[0][(byte)(crc ^ value)] ^ (crc >> 8);
        }

        state = crc;
    }

    /// <summary>Table t holds what a byte does to the checksum when t more bytes follow.</summary>
    private static uint[][] MakeTables()
    {
        var tables = new uint[Step][];
        tables[0] = [.. Enumerable.Range(0, 256).Select(value =>
        {
            var crc = (uint)value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }

            return crc;
        })];
        for (var table = 1; table < Step; table++)
        {
            var before = tables[table - 1];
            tables[table] = [.. before.Select(crc => tables[0][(byte)crc] ^ (crc >> 8))];
        }

        return tables;
    }
}
