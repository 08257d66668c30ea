namespace AlexNetService.Imaging;

/// <summary>
/// What decoding an AVIF costs, read from its boxes (ISO/IEC 23008-12) and the headers of its AV1 data (AV1 specification, section 5),
/// which alone say how large the decoded pictures are. Files of any other structure are not decoded: grids, sequences, several extents,
/// codecs other than AV1, compressed metadata.
/// </summary>
internal ref struct AvifStructure
{
    // Layered pictures have up to four frames. Others have one.
    private const int MaxFrames = 4;
    private const int MaxParts = 256;

    // Measured; grain and alpha take more.
    private const double BytesOfPixel = 21;
    private const double BytesOfDeepPixel = 28;
    private const double BytesOfAlpha = 4;

    private readonly ReadOnlySpan<byte> file;
    private readonly HashSet<ulong> coded = [];
    private ReadOnlySpan<byte> places;
    private bool isUnsupported;
    private bool isDeep;
    private long pixels;

    private AvifStructure(ReadOnlySpan<byte> file) => this.file = file;

    /// <summary>The structure of a file.</summary>
    internal static FileStructure Of(ReadOnlySpan<byte> file)
    {
        var structure = new AvifStructure(file);
        structure.ReadBoxes(file);
        structure.ReadPlaces();
        return new(
            WholePicture: (structure.isDeep ? BytesOfDeepPixel : BytesOfPixel) + (structure.coded.Count > 1 ? BytesOfAlpha : 0),
            IsUnsupported: structure.isUnsupported || structure.pixels == 0,
            CodedPixels: structure.pixels);
    }

    private void ReadBoxes(ReadOnlySpan<byte> boxes)
    {
        var reader = new BitReader(boxes);
        for (var parts = 0; reader.Left > 0; parts++)
        {
            var (start, size, type) = (reader.Left, reader.Read(32), Type(reader.Read(32)));
            size = size == 1 ? reader.Read(64) : size == 0 ? (ulong)start : size;
            var header = (ulong)(start - reader.Left);
            if (parts == MaxParts || size < header || size > (ulong)start)
            {
                isUnsupported = true;
                return;
            }

            Read(type, reader.Take(size - header));
        }
    }

    private void Read(string type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case "ftyp" or "mdat" or "free" or "skip" or "hdlr" or "pitm" or "iref" or "ipma" or "grpl" or "dinf"
                or "ispe" or "pixi" or "colr" or "pasp" or "clap" or "irot" or "imir" or "auxC" or "clli" or "mdcv" or "a1op" or "a1lx"
                or "lsel" or "cclv" or "amve":
                break;
            case "meta":
                ReadBoxes(body.Length < 4 ? [] : body[4..]);
                break;
            case "iprp" or "ipco":
                ReadBoxes(body);
                break;
            case "av1C":
                ReadObus(body.Length < 4 ? [] : body[4..]);
                break;
            case "iinf":
                ReadBoxes(body.Length < 6 ? [] : body[(body[0] == 0 ? 6 : 8)..]);
                break;
            case "infe":
                ReadItem(body);
                break;
            case "iloc":
                isUnsupported |= !places.IsEmpty;
                places = body;
                break;
            default:
                isUnsupported = true;
                break;
        }
    }

    /// <summary>An item's number, type, name and, if it is text, the type and the compression of the text.</summary>
    private void ReadItem(ReadOnlySpan<byte> body)
    {
        var reader = new BitReader(body);
        var (version, _) = (reader.Read(8), reader.Read(24));
        var (item, _, type) = (reader.Read(version == 2 ? 16 : 32), reader.Read(16), Type(reader.Read(32)));
        var texts = reader.Take((ulong)reader.Left);
        var isPlain = type == "Exif" || (type == "mime" && texts.Count((byte)0) <= 2) || (type == "mime" && texts.EndsWith("\0\0"u8));
        if (type == "av01")
        {
            coded.Add(item);
        }

        isUnsupported |= version is not (2 or 3) || (type != "av01" && !isPlain);
    }

    /// <summary>The places of the items' data (ISO/IEC 14496-12, section 8.11.3).</summary>
    private void ReadPlaces()
    {
        var reader = new BitReader(places);
        var (version, _) = (reader.Read(8), reader.Read(24));
        var (offsetBits, lengthBits, baseBits, indexBits) =
            (8 * (int)reader.Read(4), 8 * (int)reader.Read(4), 8 * (int)reader.Read(4), 8 * (int)reader.Read(4));
        var count = reader.Read(version < 2 ? 16 : 32);
        isUnsupported |= version > 2 || count > MaxParts;
        for (var i = 0UL; i < count && !isUnsupported; i++)
        {
            var item = reader.Read(version < 2 ? 16 : 32);
            var method = version == 0 ? 0 : reader.Read(16) & 15;
            var source = reader.Read(16);
            var from = reader.Read(baseBits);
            var extents = reader.Read(16);
            _ = reader.Read(version == 0 ? 0 : indexBits);
            var (offset, length) = (from + reader.Read(offsetBits), reader.Read(lengthBits));
            var isInside = offset <= (ulong)file.Length && length > 0 && length <= (ulong)file.Length - offset;
            isUnsupported |= method != 0 || source != 0 || extents != 1 || !isInside || !reader.IsInside;
            if (!isUnsupported && coded.Contains(item))
            {
                ReadObus(file.Slice((int)offset, (int)length));
            }
        }
    }

    /// <summary>The units of AV1 data (section 5.3).</summary>
    private void ReadObus(ReadOnlySpan<byte> data)
    {
        var reader = new BitReader(data);
        var frames = 0;
        for (var parts = 0; reader.Left > 0 && !isUnsupported; parts++)
        {
            var (_, type, hasExtension, hasSize) = (reader.Read(1), reader.Read(4), reader.Flag(), reader.Flag());
            _ = reader.Read(hasExtension ? 9 : 1);
            var body = reader.Take(hasSize ? reader.Leb128() : (ulong)reader.Left);
            frames += type is 3 or 6 ? 1 : 0;
            if (type == 1)
            {
                ReadSequence(body);
            }

            isUnsupported |= parts == MaxParts || frames > MaxFrames || !reader.IsInside;
        }
    }

    /// <summary>
    /// The sequence header (section 5.5): the largest frame, and whether samples have more than 8 bits. Pictures have no timing.
    /// </summary>
    private void ReadSequence(ReadOnlySpan<byte> body)
    {
        var reader = new BitReader(body);
        _ = reader.Read(4);
        var isReduced = reader.Flag();
        if (isReduced)
        {
            _ = reader.Read(5);
        }
        else
        {
            isUnsupported |= reader.Flag();
            var hasDelay = reader.Flag();
            for (var points = reader.Read(5) + 1; points > 0; points--)
            {
                _ = reader.Read(12);
                _ = reader.Read(5) > 7 && reader.Flag();
                _ = hasDelay && reader.Flag() && reader.Read(4) > 0;
            }
        }

        var (widthBits, heightBits) = ((int)reader.Read(4) + 1, (int)reader.Read(4) + 1);
        pixels = Math.Max(pixels, ((long)reader.Read(widthBits) + 1) * ((long)reader.Read(heightBits) + 1));
        isDeep |= IsDeep(ref reader, isReduced);
        isUnsupported |= !reader.IsInside;
    }

    private static bool IsDeep(ref BitReader reader, bool isReduced)
    {
        if (!isReduced && reader.Flag())
        {
            _ = reader.Read(7);
        }

        _ = reader.Read(3);
        if (!isReduced)
        {
            _ = reader.Read(4);
            var hasOrder = reader.Flag();
            _ = reader.Read(hasOrder ? 2 : 0);
            var tools = reader.Flag() ? 2 : reader.Read(1);
            _ = tools > 0 && !reader.Flag() && reader.Flag();
            _ = reader.Read(hasOrder ? 3 : 0);
        }

        _ = reader.Read(3);
        return reader.Flag();
    }

    private static string Type(ulong code) =>
        string.Create(4, code, static (text, code) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = (char)((code >> (24 - (8 * i))) & 255);
            }
        });
}
