import CJPEG
import CPNG
import ElboData
import Foundation

/// An NPY file of any type.
func npy(_ type: String, _ shape: [Int], _ body: [UInt8]) -> [UInt8] {
  var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': ("
  header += shape.map { "\($0)," }.joined(separator: " ") + "), }"
  header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
  let length = header.utf8.count
  return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(length % 256), UInt8(length / 256)]
    + Array(header.utf8) + body
}

/// The bytes of single-precision numbers.
func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

/// A PNG file with rows of pixels of 1 or 3 channels.
func png(width: Int, height: Int, channels: Int, _ pixels: [UInt8]) -> [UInt8] {
  var image = png_image()
  image.version = UInt32(PNG_IMAGE_VERSION)
  (image.width, image.height) = (UInt32(width), UInt32(height))
  image.format = channels == 1 ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
  var size = 1 << 20
  var bytes = [UInt8](repeating: 0, count: size)
  precondition(png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0)
  return Array(bytes[..<size])
}

/// A JPEG file with rows of pixels of 1, 3 or 4 channels (how much of four inks is missing), at the best quality.
func jpeg(width: Int, height: Int, channels: Int, _ pixels: [UInt8]) -> [UInt8] {
  var info = jpeg_compress_struct()
  var errors = jpeg_error_mgr()
  var bytes: UnsafeMutablePointer<UInt8>?
  var size: UInt = 0
  withUnsafeMutablePointer(to: &errors) { errors in
    info.err = jpeg_std_error(errors)
    jpeg_CreateCompress(&info, JPEG_LIB_VERSION, MemoryLayout<jpeg_compress_struct>.size)
    jpeg_mem_dest(&info, &bytes, &size)
    (info.image_width, info.image_height) = (UInt32(width), UInt32(height))
    info.input_components = Int32(channels)
    info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK
    jpeg_set_defaults(&info)
    jpeg_set_quality(&info, 100, 1)
    // As Adobe's programs do, whose inks are inverted.
    if channels == 4 { info.write_Adobe_marker = 1 }
    jpeg_start_compress(&info, 1)
    var pixels = pixels
    pixels.withUnsafeMutableBufferPointer { pixels in
      for row in 0..<height {
        var line: JSAMPROW? = pixels.baseAddress! + row * width * channels
        jpeg_write_scanlines(&info, &line, 1)
      }
    }
    jpeg_finish_compress(&info)
    jpeg_destroy_compress(&info)
  }
  defer { free(bytes) }
  return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
}

extension ExampleTable {
  /// The numbers of one example.
  func example(_ row: Int) throws -> [Float] { try values([Int64(row)]) }
}
