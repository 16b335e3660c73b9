import CRsvg

/// A drawing as points of colour: what a page draws as SVG, for programs that take only pictures.
public enum Picture {
    /// A drawing as PNG on white.
    ///
    /// - Parameters:
    ///   - svg: an SVG document that refers to nothing outside itself; text is drawn with the fonts of this machine.
    ///   - width, height: of the picture, in pixels, 1 to 8,192; the drawing fills it.
    /// - Throws: ``PictureError``.
    public static func png(_ svg: String, width: Int, height: Int) throws(PictureError) -> [UInt8] {
        guard (1...8_192).contains(width), (1...8_192).contains(height) else {
            throw .size(width: width, height: height)
        }
        let text = Array(svg.utf8)
        guard let handle = rsvg_handle_new_from_data(text, UInt(text.count), nil) else { throw .drawing }
        defer { g_object_unref(UnsafeMutableRawPointer(handle)) }
        let rgb24: Int32 = 1
        // Cairo gives an object in an error state rather than none; what it is then asked for fails below.
        let surface = cairo_image_surface_create(rgb24, Int32(width), Int32(height))
        defer { cairo_surface_destroy(surface) }
        let context = cairo_create(surface)
        cairo_set_source_rgb(context, 1, 1, 1)
        cairo_paint(context)
        var frame = RsvgRectangle(x: 0, y: 0, width: Double(width), height: Double(height))
        let isDrawn = rsvg_handle_render_document(handle, context, &frame, nil) != 0
        cairo_destroy(context)
        guard isDrawn else { throw .drawing }
        var bytes: [UInt8] = []
        let status = withUnsafeMutablePointer(to: &bytes) { bytes in
            cairo_surface_write_to_png_stream(
                surface,
                { closure, data, length in
                    guard let closure, let data else { return 11 }
                    closure.assumingMemoryBound(to: [UInt8].self).pointee
                        .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
                    return 0
                }, bytes)
        }
        guard status == 0, !bytes.isEmpty else { throw .drawing }
        return bytes
    }
}

/// Why there is no picture.
public enum PictureError: Error, Equatable {
    /// The size is none that is drawn.
    case size(width: Int, height: Int)
    /// The drawing is no SVG, or there is no memory for it.
    case drawing
}
