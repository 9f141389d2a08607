// libjpeg leaves an error by a jump, which Swift cannot take; this takes it.
#pragma once

#include <stddef.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <string.h>

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf leave;
  char message[JMSG_LENGTH_MAX];
} cjpeg_errors;

static inline void cjpeg_fail(j_common_ptr info) {
  cjpeg_errors *errors = (cjpeg_errors *)info->err;
  errors->base.format_message(info, errors->message);
  longjmp(errors->leave, 1);
}

// Data that is cut short or wrong is a warning to libjpeg, which goes on with grey; bytes too many do no harm.
static inline void cjpeg_warn(j_common_ptr info, int level) {
  int code = info->err->msg_code;
  if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM) cjpeg_fail(info);
}

// Cyan, magenta, yellow and black as red, green and blue. Adobe's programs write how much of an ink is missing.
static inline void cjpeg_mix(const JSAMPLE *inks, JSAMPLE *row, unsigned width, int is_inverted) {
  for (unsigned x = 0; x < width; x++) {
    for (int c = 0; c < 3; c++) {
      int light = is_inverted ? inks[4 * x + c] : 255 - inks[4 * x + c];
      int black = is_inverted ? inks[4 * x + 3] : 255 - inks[4 * x + 3];
      row[3 * x + c] = (JSAMPLE)((light * black + 127) / 255);
    }
  }
}

// Reads the sizes of a JPEG file in memory, and its pixels where `pixels` is not NULL: rows of `channels` bytes a pixel, 1 or 3,
// as many as an earlier call said, or as the caller asks for. Returns 0 with a message where it cannot be read.
static inline int cjpeg_read(const unsigned char *bytes, unsigned long size, unsigned char *pixels, int *width,
                             int *height, int *channels, char message[JMSG_LENGTH_MAX]) {
  struct jpeg_decompress_struct info;
  cjpeg_errors errors;
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = cjpeg_fail;
  errors.base.emit_message = cjpeg_warn;
  errors.message[0] = 0;
  if (setjmp(errors.leave)) {
    jpeg_destroy_decompress(&info);
    memcpy(message, errors.message, JMSG_LENGTH_MAX);
    return 0;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, size);
  jpeg_read_header(&info, TRUE);
  if (!pixels) {
    *width = (int)info.image_width;
    *height = (int)info.image_height;
    *channels = info.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
  } else {
    int is_ink = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = is_ink ? JCS_CMYK : *channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info);
    JSAMPARRAY inks = is_ink ? info.mem->alloc_sarray((j_common_ptr)&info, JPOOL_IMAGE, 4 * info.output_width, 1) : NULL;
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels + (size_t)info.output_scanline * info.output_width * (size_t)*channels;
      jpeg_read_scanlines(&info, is_ink ? inks : &row, 1);
      if (is_ink) cjpeg_mix(inks[0], row, info.output_width, info.saw_Adobe_marker);
    }
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return 1;
}
